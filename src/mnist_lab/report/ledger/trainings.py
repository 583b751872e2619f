"""The trainings there are, by the presets that the claims name."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.analysis.statistics.arms import Arm, arm_of
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.selection import is_answer, on_backend
from mnist_lab.report.claims.kinds import Measure
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.measures import measured


def recipe(name: str, epochs: int | None = None) -> Experiment:
    """What a preset trains; in a rehearsal with at most so many epochs."""
    whole = preset(name)
    return whole if epochs is None else whole.derive(epochs=min(epochs, whole.epochs))


def bearing_on(claims: Iterable[Claim], records: Iterable[Record], epochs: int | None = None) -> list[Record]:
    """The records that claims can be judged by, in the order they were asked for: answers of the default backend."""
    networks = {recipe(name, epochs) for claim in claims for name in claim.test.arms}
    answers = [record for record in records if is_answer(record) and on_backend(record)]
    return sorted((one for one in answers if one.experiment.unseeded() in networks), key=lambda record: record.id)


class Trainings:
    """Records by what was trained, seeds aside.

    A record counts for a preset only where nothing but its seed differs from it, and on the backend that claims are
    judged by: :data:`~mnist_lab.experiments.selection.DEFAULT_BACKEND`.

    Args:
        records: Any.
        epochs: The most that a preset is trained for, in a rehearsal; None: what it says itself.
    """

    def __init__(self, records: Iterable[Record], epochs: int | None = None) -> None:
        self._epochs = epochs
        self._by_recipe: dict[Experiment, list[Record]] = {}
        for record in filter(on_backend, records):
            self._by_recipe.setdefault(record.experiment.unseeded(), []).append(record)

    def of(self, name: str) -> list[Record]:
        """The runs of a preset, in no order."""
        return self._by_recipe.get(recipe(name, self._epochs), [])

    def arm(self, name: str, measure: Measure) -> Arm:
        """A preset's figures by seed."""
        metric = measured(measure)
        return arm_of(name, self.of(name), metric.value_of, metric.measurements)

    def selected_on_test(self, name: str, measure: Measure) -> bool:
        """Whether the epoch that a preset's figures are of was chosen by looking at the test images."""
        return measured(measure).chooses_epoch or any(record.selected_on_test for record in self.of(name))
