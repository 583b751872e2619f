"""What the claims are judged by: one figure of each training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

from mnist_lab.analysis.statistics.metrics import RUN_METRICS, RunMetric
from mnist_lab.experiments.measurements import GRADIENT_NORMS
from mnist_lab.experiments.record import Metric, Record
from mnist_lab.formatting import LOSS, PERCENT, Log10Ratio, Unit
from mnist_lab.report.claims.kinds import Measure

JITTER = Unit(100, 3, "points", "points", lowest=0.0)


def measured(measure: Measure) -> RunMetric:
    """What a measure is."""
    return _MEASURES[measure]


def jitter(curve: Sequence[float]) -> float | None:
    """How far the epochs of the last half lie, on average, from the middle of the epochs before and after them.

    Half the mean absolute second difference: 0 for a straight line, however steep. None for curves too short.
    """
    inner = range(max(1, len(curve) // 2), len(curve) - 1)
    return fmean(abs(curve[t] - (curve[t - 1] + curve[t + 1]) / 2) for t in inner) if inner else None


def gradient_share(norms: dict[str, list[float]] | None) -> float | None:
    """How much of the gradient at the last layer arrives at the first: log10 of the ratio of norms, epochs' mean.

    Args:
        norms: For each layer, from the first to the last, the norm of its gradient after each epoch. None where
            they were not measured; of a single layer there is no share.
    """
    if norms is None or len(norms) < 2:
        return None
    first, *_, last = norms.values()
    ratios = [near / far for near, far in zip(first, last, strict=False) if near > 0 and far > 0]
    return fmean(map(math.log10, ratios)) if ratios else None


def _curve(metric: Metric, of: Callable[[list[float]], float | None]) -> Callable[[Record], float | None]:
    return lambda record: of(record.history[metric]) if record.history.get(metric) else None


_MEASURES: dict[Measure, RunMetric] = {
    "val_accuracy": replace(RUN_METRICS["val_accuracy"], label="final validation accuracy"),
    "best_val_accuracy": RUN_METRICS["best_val_accuracy"],
    "val_loss": replace(RUN_METRICS["val_loss"], label="final validation loss"),
    "best_val_loss": RUN_METRICS["best_val_loss"],
    "epochs_run": replace(RUN_METRICS["epochs_run"], label="last epoch"),
    "best_epoch": RUN_METRICS["best_epoch"],
    "first_loss": RunMetric("training loss of the first epoch", LOSS, _curve("loss", lambda losses: losses[0])),
    "mean_accuracy": RunMetric("mean training accuracy over all epochs", PERCENT, _curve("accuracy", fmean)),
    "val_accuracy_jitter": RunMetric("jitter of the validation accuracy", JITTER, _curve("val_accuracy", jitter)),
    "accuracy_jitter": RunMetric("jitter of the training accuracy", JITTER, _curve("accuracy", jitter)),
    "gradient_share": RunMetric(
        "share of the gradient that reaches the first layer",
        Log10Ratio(),
        lambda record: gradient_share(record.measured(GRADIENT_NORMS)),
        measurements=frozenset({GRADIENT_NORMS.name}),
    ),
}
