"""What the claims are judged by: one figure of each training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from mnist_lab.catalog.claims.kinds import Measure
from mnist_lab.record import Metric, Record

Unit = Literal["percent", "points", "loss", "epoch", "share"]


@dataclass(frozen=True)
class Reading:
    """How a measure is read off a training.

    Attributes:
        words: What it is, to follow "the".
        unit: ``percent`` and ``points`` are fractions, told times 100; ``share`` is the logarithm to the base of 10.
        of: The figure of one training; None where it has none.
        on_test: Whether the epoch was chosen by the figure itself, on the test images.
    """

    words: str
    unit: Unit
    of: Callable[[Record], float | None]
    on_test: bool = False


def reading(measure: Measure) -> Reading:
    """How a measure is read."""
    return _READINGS[measure]


def jitter(curve: Sequence[float]) -> float | None:
    """How far the epochs of the last half lie, on average, from the middle of the epochs before and after them.

    Half the mean absolute second difference: 0 for a straight line, however steep. None for curves too short.
    """
    inner = range(max(1, len(curve) // 2), len(curve) - 1)
    return fmean(abs(curve[t] - (curve[t - 1] + curve[t + 1]) / 2) for t in inner) if inner else None


def gradient_share(norms: dict[str, list[float]] | None) -> float | None:
    """How much of the gradient at the last layer arrives at the first: log10 of the ratio of norms, epochs' mean.

    Args:
        norms: For each layer, from the first to the last, the mean norm of its gradient in each epoch. None where
            they were not measured; of a single layer there is no share.
    """
    if norms is None or len(norms) < 2:
        return None
    first, *_, last = norms.values()
    ratios = [near / far for near, far in zip(first, last, strict=False) if near > 0 and far > 0]
    return fmean(map(math.log10, ratios)) if ratios else None


def _kept(metric: Literal["val_accuracy", "val_loss"]) -> Callable[[Record], float | None]:
    return lambda record: _finite(getattr(record.result, metric))


def _curve(metric: Metric, of: Callable[[list[float]], float | None]) -> Callable[[Record], float | None]:
    return lambda record: _finite(of(record.history[metric])) if record.history.get(metric) else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _epoch(epoch: int | None) -> float | None:
    return None if epoch is None else float(epoch)


_READINGS: dict[Measure, Reading] = {
    "val_accuracy": Reading("final validation accuracy", "percent", _kept("val_accuracy")),
    "best_val_accuracy": Reading(
        "validation accuracy of the best epoch", "percent", _curve("val_accuracy", max), on_test=True
    ),
    "val_loss": Reading("final validation loss", "loss", _kept("val_loss")),
    "best_val_loss": Reading("validation loss of the best epoch", "loss", _curve("val_loss", min), on_test=True),
    "first_loss": Reading("training loss of the first epoch", "loss", _curve("loss", lambda losses: losses[0])),
    "mean_accuracy": Reading("mean training accuracy over all epochs", "percent", _curve("accuracy", fmean)),
    "val_accuracy_jitter": Reading("jitter of the validation accuracy", "points", _curve("val_accuracy", jitter)),
    "accuracy_jitter": Reading("jitter of the training accuracy", "points", _curve("accuracy", jitter)),
    "epochs_run": Reading("last epoch", "epoch", lambda record: _epoch(record.epochs_run)),
    "best_epoch": Reading("best epoch", "epoch", lambda record: _epoch(record.best_epoch)),
    "gradient_share": Reading(
        "share of the gradient that reaches the first layer",
        "share",
        lambda record: gradient_share(getattr(record, "gradient_norms", None)),
    ),
}
