"""The metrics of a run by which a study can be judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mnist_lab.errors import UsageError
from mnist_lab.experiments.record import Metric, Record
from mnist_lab.experiments.selection import NO_MEASUREMENTS
from mnist_lab.formatting import EPOCHS, LOSS, PERCENT, Unit


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
    """

    label: str
    unit: Unit
    value_of: Callable[[Record], float | None]
    lower_is_better: bool = False
    chooses_epoch: bool = False
    measurements: frozenset[str] = NO_MEASUREMENTS


def _last(metric: Metric) -> Callable[[Record], float | None]:
    return lambda record: record.history[metric][-1] if record.history.get(metric) else None


def _best(metric: Metric, best: Callable[[list[float]], float]) -> Callable[[Record], float | None]:
    return lambda record: best(record.history[metric]) if record.history.get(metric) else None


RUN_METRICS: dict[str, RunMetric] = {
    "val_accuracy": RunMetric(
        "validation accuracy of the kept weights", PERCENT, lambda record: record.result.val_accuracy
    ),
    "test_accuracy": RunMetric(
        "test accuracy of the kept weights", PERCENT, lambda record: record.result.test_accuracy
    ),
    "last_val_accuracy": RunMetric("validation accuracy after the last epoch", PERCENT, _last("val_accuracy")),
    "best_val_accuracy": RunMetric(
        "validation accuracy at its best epoch", PERCENT, _best("val_accuracy", max), chooses_epoch=True
    ),
    "val_loss": RunMetric(
        "validation loss of the kept weights", LOSS, lambda record: record.result.val_loss, lower_is_better=True
    ),
    "last_val_loss": RunMetric("validation loss after the last epoch", LOSS, _last("val_loss"), lower_is_better=True),
    "best_val_loss": RunMetric(
        "validation loss at its best epoch", LOSS, _best("val_loss", min), lower_is_better=True, chooses_epoch=True
    ),
    "epochs_run": RunMetric("epochs trained", EPOCHS, lambda record: record.epochs_run, lower_is_better=True),
    "best_epoch": RunMetric("best epoch", EPOCHS, lambda record: record.best_epoch, lower_is_better=True),
}


def run_metric(name: str) -> RunMetric:
    """The metric with this name in :data:`RUN_METRICS`.

    Raises:
        UsageError: There is none.
    """
    if name not in RUN_METRICS:
        raise UsageError(f"Runs have no metric {name!r} to be judged by; there are {', '.join(RUN_METRICS)}.")
    return RUN_METRICS[name]
