"""The trainings there are, by preset."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.selection import is_answer, on_backend
from mnist_lab.report.claims.kinds import MetricName
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.metrics import metric_of


def recipe(name: str, epochs: int | None = None) -> Experiment:
    """The experiment of a preset; in a rehearsal with at most so many epochs."""
    whole = preset(name)
    return whole if epochs is None else whole.derive(epochs=min(epochs, whole.epochs))


def relevant_records(claims: Iterable[Claim], records: Iterable[Record], epochs: int | None = None) -> list[Record]:
    """The records by which claims can be judged, in the order in which their runs were requested.

    Args:
        claims: The claims to be judged.
        records: Records of any runs, on any backend.
        epochs: The most epochs of a training, in a rehearsal. Default: as many as the presets have.
    """
    networks = {recipe(name, epochs) for claim in claims for name in claim.test.arms}
    answers = [record for record in records if is_answer(record) and on_backend(record)]
    return sorted((one for one in answers if one.experiment.unseeded() in networks), key=lambda record: record.id)


class Trainings:
    """Records grouped by recipe, on the backend that claims are judged by.

    A record belongs to a preset only if nothing but its seed differs from it. The backend is
    :data:`~mnist_lab.experiments.selection.DEFAULT_BACKEND`.

    Args:
        records: Records of any runs.
        epochs: The most epochs of a training, in a rehearsal. Default: as many as the presets have.
    """

    def __init__(self, records: Iterable[Record], epochs: int | None = None) -> None:
        self._epochs = epochs
        self._by_recipe: dict[Experiment, list[Record]] = {}
        for record in filter(on_backend, records):
            self._by_recipe.setdefault(record.experiment.unseeded(), []).append(record)

    def of(self, name: str) -> list[Record]:
        """The records of a preset, in no particular order."""
        return self._by_recipe.get(recipe(name, self._epochs), [])

    def arm(self, name: str, metric: MetricName) -> Arm:
        """The values that the trainings of a preset have of a metric."""
        return metric_of(metric).arm(name, self.of(name))

    def selected_on_test(self, name: str, metric: MetricName) -> bool:
        """Whether the epoch of a preset's values was chosen on the test images."""
        return metric_of(metric).chooses_epoch or any(record.selected_on_test for record in self.of(name))
