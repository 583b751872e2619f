"""The figures of a run that a study can be judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mnist_lab.errors import UsageError
from mnist_lab.experiments.record import Metric, Record
from mnist_lab.experiments.selection import NO_MEASUREMENTS
from mnist_lab.formatting import EPOCHS, LOSS, PERCENT, Unit


@dataclass(frozen=True)
class Figure:
    """One number of each run.

    Attributes:
        words: What it is.
        unit: How differences of it are told.
        of: The number; None where the run has none. Accuracies are fractions.
        lower_is_better: Whether less of it is better.
        selects: Whether it picks its own epoch, so that it is flattered by what it was chosen on.
        measurements: What has to be measured beside training for a run to have it.
    """

    words: str
    unit: Unit
    of: Callable[[Record], float | None]
    lower_is_better: bool = False
    selects: bool = False
    measurements: frozenset[str] = NO_MEASUREMENTS


def _at_end(metric: Metric) -> Callable[[Record], float | None]:
    return lambda record: record.history[metric][-1] if record.history.get(metric) else None


def _best(metric: Metric, best: Callable[[list[float]], float]) -> Callable[[Record], float | None]:
    return lambda record: best(record.history[metric]) if record.history.get(metric) else None


FIGURES: dict[str, Figure] = {
    "val_accuracy": Figure(
        "validation accuracy of the kept weights", PERCENT, lambda record: record.result.val_accuracy
    ),
    "test_accuracy": Figure("test accuracy of the kept weights", PERCENT, lambda record: record.result.test_accuracy),
    "last_val_accuracy": Figure("validation accuracy after the last epoch", PERCENT, _at_end("val_accuracy")),
    "best_val_accuracy": Figure(
        "validation accuracy at its best epoch", PERCENT, _best("val_accuracy", max), selects=True
    ),
    "val_loss": Figure(
        "validation loss of the kept weights", LOSS, lambda record: record.result.val_loss, lower_is_better=True
    ),
    "last_val_loss": Figure("validation loss after the last epoch", LOSS, _at_end("val_loss"), lower_is_better=True),
    "best_val_loss": Figure(
        "validation loss at its best epoch", LOSS, _best("val_loss", min), lower_is_better=True, selects=True
    ),
    "epochs_run": Figure("epochs trained", EPOCHS, lambda record: record.epochs_run, lower_is_better=True),
    "best_epoch": Figure("best epoch", EPOCHS, lambda record: record.best_epoch, lower_is_better=True),
}


def figure(name: str) -> Figure:
    """The figure of that name.

    Raises:
        UsageError: There is none.
    """
    if name not in FIGURES:
        raise UsageError(f"Runs have no figure {name!r} to be judged by; there are {', '.join(FIGURES)}.")
    return FIGURES[name]
