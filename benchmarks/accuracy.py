"""Whether bfloat16 costs accuracy: the convolutional network in both precisions, five seeds of each."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from statistics import mean, variance

from benchmarks.figures import Figure, Narrate, Settings, Table
from benchmarks.trainings import by_the_lab

_SEEDS, _EPOCHS = 5, 5
_QUICK_IMAGES = 2000


def measure(settings: Settings, narrate: Narrate) -> Iterator[Table]:
    """See :data:`~benchmarks.figures.Measure`."""
    epochs = settings.epochs or _EPOCHS
    narrate(f"accuracy: the convolutional network, {_SEEDS} seeds of each precision, {epochs} epochs")
    arguments = ["--preset", "conv", "--vary", "precision=float32,bfloat16", "--seeds", str(_SEEDS)]
    arguments += ["--epochs", str(epochs), *(("--set", f"train_size={_QUICK_IMAGES}") if settings.quick else ())]
    _, records = by_the_lab(arguments, settings.scratch)
    reached = {
        precision: tuple(
            100 * record.result.val_accuracy
            for record in records
            if record.experiment.precision == precision and record.result.val_accuracy is not None
        )
        for precision in ("float32", "bfloat16")
    }
    figures = [
        Figure(f"accuracy/{precision}", f"val_accuracy after {epochs} epochs, {precision}", "%", samples)
        for precision, samples in reached.items()
    ]
    apart = standard_errors_apart(*reached.values())
    figures.append(Figure("accuracy/bfloat16-apart", "difference of their means", "standard errors", (apart,)))
    images = f"the first {_QUICK_IMAGES:,}" if settings.quick else "all 60,000"
    note = (
        f"Trained on {images} images, one sample a seed. Beyond 2.31 standard errors it is no noise (Welch's t, 95 %)."
    )
    yield Table("What bfloat16 costs the convolutional network", tuple(figures), (note,))


def standard_errors_apart(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """How far two means are apart, without sign, in standard errors of their difference (Welch)."""
    error = math.sqrt(variance(one) / len(one) + variance(other) / len(other))
    return abs(mean(one) - mean(other)) / max(error, sys.float_info.epsilon)
