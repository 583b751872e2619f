"""The metrics by which claims are judged: one value per training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import fmean

from mnist_lab.analysis.statistics.metrics import RUN_METRICS, RunMetric
from mnist_lab.experiments.measurements import GRADIENT_NORMS
from mnist_lab.experiments.record import Metric, Record
from mnist_lab.formatting import LOSS, PERCENT, Log10Ratio, Unit
from mnist_lab.report.claims.kinds import MetricName

_ROUGHNESS = Unit(100, 3, "points", "points", lowest=0.0)


def metric_of(name: MetricName) -> RunMetric:
    """The metric with this name."""
    return _METRICS[name]


def roughness(curve: Sequence[float]) -> float | None:
    """Roughness of the last half of a curve: half the mean absolute second difference.

    It is how far an epoch lies, on average, from the middle of the epochs before and after it: 0 for a straight line,
    however steep. None for a curve of fewer than three epochs.

    Args:
        curve: One value per epoch.

    Example:
        >>> roughness([0.90, 0.92, 0.94, 0.96]), round(roughness([0.90, 0.92, 0.90, 0.92]), 3)
        (0.0, 0.02)
    """
    inner = range(max(1, len(curve) // 2), len(curve) - 1)
    return fmean(abs(curve[t] - (curve[t - 1] + curve[t + 1]) / 2) for t in inner) if inner else None


def gradient_share(norms: dict[str, list[float]] | None) -> float | None:
    """Base-10 logarithm of the ratio of gradient norms, first layer to last layer, averaged over epochs.

    Args:
        norms: Norm of each layer's gradient after each epoch, by layer, from the first to the last. None where they
            were not measured.

    Returns:
        None with fewer than two layers, or without an epoch in which both norms are above 0 and their ratio is finite.
    """
    if norms is None or len(norms) < 2:
        return None
    first, *_, last = norms.values()
    ratios = [near / far for near, far in zip(first, last, strict=False) if near > 0 and far > 0]
    logarithms = [math.log10(ratio) for ratio in ratios if 0 < ratio < math.inf]  # not beyond the range of floats
    return fmean(logarithms) if logarithms else None


def _curve(metric: Metric, of: Callable[[list[float]], float | None]) -> Callable[[Record], float | None]:
    return lambda record: of(record.history[metric]) if record.history.get(metric) else None


_METRICS: dict[MetricName, RunMetric] = {
    "val_accuracy": replace(RUN_METRICS["val_accuracy"], label="final validation accuracy"),
    "best_val_accuracy": RUN_METRICS["best_val_accuracy"],
    "val_loss": replace(RUN_METRICS["val_loss"], label="final validation loss"),
    "best_val_loss": RUN_METRICS["best_val_loss"],
    "epochs_run": replace(RUN_METRICS["epochs_run"], label="last epoch"),
    "best_epoch": RUN_METRICS["best_epoch"],
    "first_loss": RunMetric("training loss of the first epoch", LOSS, _curve("loss", lambda losses: losses[0])),
    "mean_accuracy": RunMetric("mean training accuracy over all epochs", PERCENT, _curve("accuracy", fmean)),
    "val_accuracy_roughness": RunMetric(
        "roughness of the validation accuracy", _ROUGHNESS, _curve("val_accuracy", roughness)
    ),
    "accuracy_roughness": RunMetric("roughness of the training accuracy", _ROUGHNESS, _curve("accuracy", roughness)),
    "gradient_share": RunMetric(
        "share of the gradient that reaches the first layer",
        Log10Ratio(),
        lambda record: gradient_share(record.measured(GRADIENT_NORMS)),
        measurements=frozenset({GRADIENT_NORMS.name}),
    ),
}
