"""The metrics of a run by which a study can be judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from mnist_lab.analysis.statistics.arms import RESOLUTION, Arm, arm_of
from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import MNIST_CHECKSUM
from mnist_lab.experiments.record import Metric, Record
from mnist_lab.experiments.selection import NO_MEASUREMENTS
from mnist_lab.formatting import EPOCHS, LOSS, PERCENT, Unit

_FEWEST_IMAGES = 10
"""A data set has at least so many test images: see :data:`mnist_lab.data.dataset.MIN_TEST`."""
_MOST_IMAGES = 1_000_000
"""Most images whose number is inferred from accuracies: two fractions of so many differ by 1e-12 at least."""


@dataclass(frozen=True)
class RunMetric:
    """A metric that has one value per run.

    Attributes:
        label: The metric in words.
        unit: How its values and their differences are written.
        value_of: Gives the value of a run, None where the run has none. Accuracies are fractions.
        lower_is_better: Whether a lower value is better.
        chooses_epoch: Whether its epoch is chosen by its value, which makes the value too good on the images by which
            it was chosen.
        measurements: What a run must have measured in addition to training to have a value.
        step: The least step between two values; of an accuracy that on MNIST.
        images: The images of which the metric is a share. None: it is no such share.
    """

    label: str
    unit: Unit
    value_of: Callable[[Record], float | None]
    lower_is_better: bool = False
    chooses_epoch: bool = False
    measurements: frozenset[str] = NO_MEASUREMENTS
    step: float = RESOLUTION
    images: Literal["val", "test"] | None = None

    def arm(self, name: str, records: Iterable[Record], resolution: float | None = None) -> Arm:
        """The arm of one recipe by this metric, see :func:`~mnist_lab.analysis.statistics.arms.arm_of`.

        Args:
            name: The name of the arm.
            records: Its runs.
            resolution: The least step between two values. Default: that of these runs.
        """
        records = list(records)
        resolution = self.resolution(records) if resolution is None else resolution
        return arm_of(name, records, self.value_of, self.measurements, resolution)

    def resolution(self, records: Sequence[Record]) -> float:
        """The least step between two values of runs on the same images.

        Of accuracies on other images than MNIST it is one image: their number is the least common denominator of all
        accuracies on them, which a record has for each epoch. Without any it is as on MNIST.
        """
        if self.images is None or not records or records[0].experiment.data == MNIST_CHECKSUM:
            return self.step
        found = {_denominator(share) for record in records for share in self._shares(record) if math.isfinite(share)}
        images = math.lcm(*found)
        return 1 / (images * math.ceil(_FEWEST_IMAGES / images)) if found else self.step

    def _shares(self, record: Record) -> list[float]:
        """All accuracies on the images of this metric."""
        both = record.experiment.protocol == "report"  # whose validation images are the test images
        shares = [record.result.test_accuracy] if both or self.images == "test" else []
        if both or self.images == "val":
            shares += [record.result.val_accuracy, *record.history.get("val_accuracy", ())]
        return [share for share in shares if share is not None]


@lru_cache(maxsize=65536)
def _denominator(share: float) -> int:
    return Fraction(share).limit_denominator(_MOST_IMAGES).denominator


def _last(metric: Metric) -> Callable[[Record], float | None]:
    return lambda record: record.history[metric][-1] if record.history.get(metric) else None


def _best(metric: Metric, best: Callable[[list[float]], float]) -> Callable[[Record], float | None]:
    return lambda record: best(record.history[metric]) if record.history.get(metric) else None


RUN_METRICS: dict[str, RunMetric] = {
    "val_accuracy": RunMetric(
        "validation accuracy of the kept weights", PERCENT, lambda record: record.result.val_accuracy, images="val"
    ),
    "test_accuracy": RunMetric(
        "test accuracy of the kept weights", PERCENT, lambda record: record.result.test_accuracy, images="test"
    ),
    "last_val_accuracy": RunMetric(
        "validation accuracy after the last epoch", PERCENT, _last("val_accuracy"), images="val"
    ),
    "best_val_accuracy": RunMetric(
        "validation accuracy at its best epoch", PERCENT, _best("val_accuracy", max), chooses_epoch=True, images="val"
    ),
    "val_loss": RunMetric(
        "validation loss of the kept weights", LOSS, lambda record: record.result.val_loss, lower_is_better=True
    ),
    "last_val_loss": RunMetric("validation loss after the last epoch", LOSS, _last("val_loss"), lower_is_better=True),
    "best_val_loss": RunMetric(
        "validation loss at its best epoch", LOSS, _best("val_loss", min), lower_is_better=True, chooses_epoch=True
    ),
    "epochs_run": RunMetric("epochs trained", EPOCHS, lambda record: record.epochs_run, lower_is_better=True, step=1.0),
    "best_epoch": RunMetric("best epoch", EPOCHS, lambda record: record.best_epoch, lower_is_better=True, step=1.0),
}


def run_metric(name: str) -> RunMetric:
    """The metric with this name in :data:`RUN_METRICS`.

    Raises:
        UsageError: There is none.
    """
    if name not in RUN_METRICS:
        raise UsageError(f"Runs have no metric {name!r} to be judged by; there are {', '.join(RUN_METRICS)}.")
    return RUN_METRICS[name]
