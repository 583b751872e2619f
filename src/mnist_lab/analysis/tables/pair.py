"""Two runs compared: what differs in their recipes, and what the two networks predicted for the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnist_lab.analysis.statistics.networks import Disagreement, disagreement
from mnist_lab.analysis.tables.columns import text_of
from mnist_lab.errors import DamagedRunError, UsageError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.presets import label_of
from mnist_lab.experiments.record import Record
from mnist_lab.store import Store

if TYPE_CHECKING:
    from mnist_lab.data.dataset import Digits
    from mnist_lab.data.predictions import Predictions


def names(first: Record, second: Record) -> tuple[str, str]:
    """What to call two runs: their recipes with the seeds, and the ends of their ids where it takes those."""
    one, other = (f"{label_of(run.experiment, run.preset)} s{run.experiment.seed}" for run in (first, second))
    return (one, other) if one != other else (f"{one} {first.id[-6:]}", f"{other} {second.id[-6:]}")


def differing(first: Experiment, second: Experiment) -> dict[str, tuple[str, str]]:
    """The fields in which two experiments differ, with the value of each; ``–`` where a field has no effect."""
    one, other = first.effective(), second.effective()
    fields = dict.fromkeys((*one, *other))

    def text(name: str, values: dict[str, object]) -> str:
        value = values.get(name)
        if name not in values:
            return "–"
        return str(value)[:12] if name == "data" else text_of(name, value) or "none"

    return {
        name: (text(name, one), text(name, other))
        for name in fields
        if (name in one, one.get(name)) != (name in other, other.get(name))
    }


def difference_in_words(first: Experiment, second: Experiment) -> str:
    """The same as a sentence."""
    fields = differing(first, second)
    seeds = fields.pop("seed", None)
    seeded = "" if seeds is None else f" with other seeds ({seeds[0]} and {seeds[1]})"
    if not fields:
        return f"One recipe{seeded or ' and one seed'}."
    text = "; ".join(f"{name} ({one} and {other})" for name, (one, other) in fields.items())
    return f"Two recipes{seeded}, which differ in {text}."


@dataclass(frozen=True, eq=False)
class Answered:
    """What two networks said of the same test images, each known by its number from 0.

    Attributes:
        found: On how many they disagree, and how likely that is by chance.
        only_first: The images that only the first has right, those first of which the second was surest.
        only_second: The images that only the second has right, those first of which the first was surest.
        both_wrong: Those that both have wrong, with different digits; the surest first.
        shuffled: Whether one of them saw the images with their pixels shuffled.
    """

    found: Disagreement
    only_first: Sequence[int]
    only_second: Sequence[int]
    both_wrong: Sequence[int]
    shuffled: bool
    _digits: Digits
    _first: Predictions
    _second: Predictions

    def pixels(self, image: int) -> bytes:
        """An image as a person reads it."""
        return bytes(self._digits.x_test[image].tobytes())

    def true(self, image: int) -> int:
        return int(self._digits.y_test[image])

    def said(self, image: int) -> tuple[tuple[int, float], tuple[int, float]]:
        """The answer of each network, with the probability that it gave it."""
        one, other = (
            (int(network.digits[image]), float(network.probabilities[image, network.digits[image]]))
            for network in (self._first, self._second)
        )
        return one, other


def answered(store: Store, first: Record, second: Record) -> Answered:
    """Read what two networks said, and compare it. Takes its time.

    Raises:
        UsageError: They were asked about different images, or one of them has no predictions.
        DamagedRunError: Predictions that are there cannot be read.
        DataError: The images cannot be had.
    """
    if first.experiment.data != second.experiment.data:
        raise UsageError("The two were asked about different images, so there is no test of one against the other.")

    from mnist_lab.data import dataset

    digits = dataset.load(first.experiment.data)
    one, other = (_predictions(store, run, len(digits.y_test)) for run in (first, second))
    found = disagreement(digits.y_test, one.digits, other.digits)

    def surest(images: Sequence[int], *networks: Predictions) -> list[int]:
        def sureness(image: int) -> float:
            sure = max(float(network.probabilities[image, network.digits[image]]) for network in networks)
            return sure if sure == sure else -1.0

        return sorted(images, key=sureness, reverse=True)

    return Answered(
        found,
        surest(found.only_first, other),
        surest(found.only_second, one),
        surest(found.both_wrong, one, other),
        first.experiment.permute_pixels or second.experiment.permute_pixels,
        digits,
        one,
        other,
    )


def _predictions(store: Store, run: Record, images: int) -> Predictions:
    from mnist_lab.data import predictions

    if run.result.test_accuracy is None:
        raise UsageError(
            f"Run {run.id[-6:]} ended before it had been asked about the test images, so there is no test of one "
            "network against the other."
        )
    try:
        return predictions.read(store.predictions_path(run.id), images)
    except FileNotFoundError:
        raise UsageError(
            f"No predictions of run {run.id[-6:]} were kept, so there is no test of one network against the other; "
            "train it again without --keep record."
        ) from None
    except DamagedRunError as error:
        raise DamagedRunError(f"There is no test of one network against the other: {error}") from error
