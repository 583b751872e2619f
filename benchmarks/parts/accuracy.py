"""Whether bfloat16 costs accuracy: the convolutional network in both precisions, five seeds each."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from statistics import mean, variance

from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.parts.trainings import run_lab

_SEEDS, _EPOCHS = 5, 5
_QUICK_IMAGES = 2000


def measure(options: PartOptions, narrate: Narrate) -> Iterator[Table]:
    """See :data:`~benchmarks.measurements.Measure`."""
    epochs = options.epochs or _EPOCHS
    narrate(f"accuracy: the convolutional network, {_SEEDS} seeds of each precision, {epochs} epochs")
    arguments = ["--preset", "conv", "--vary", "precision=float32,bfloat16", "--seeds", str(_SEEDS)]
    arguments += ["--epochs", str(epochs), *(("--set", f"train_size={_QUICK_IMAGES}") if options.quick else ())]
    _, records = run_lab(arguments, options.scratch)
    accuracies = {
        precision: tuple(
            100 * record.result.val_accuracy
            for record in records
            if record.experiment.precision == precision and record.result.val_accuracy is not None
        )
        for precision in ("float32", "bfloat16")
    }
    measurements = [
        Measurement(f"accuracy/{precision}", f"val_accuracy after {epochs} epochs, {precision}", "%", samples)
        for precision, samples in accuracies.items()
    ]
    difference = difference_in_standard_errors(*accuracies.values())
    measurements.append(
        Measurement("accuracy/bfloat16-difference", "difference of their means", "standard errors", (difference,))
    )
    images = f"the first {_QUICK_IMAGES:,}" if options.quick else "all 60,000"
    note = (
        f"Trained on {images} images, one sample per seed. Above 2.31 standard errors the difference is significant "
        "(Welch's t-test, 95 %)."
    )
    yield Table("Accuracy of bfloat16, convolutional network", tuple(measurements), (note,))


def difference_in_standard_errors(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    """Absolute difference of two means, divided by its standard error: the absolute value of Welch's t statistic."""
    error = math.sqrt(variance(first) / len(first) + variance(second) / len(second))
    return abs(mean(first) - mean(second)) / max(error, sys.float_info.epsilon)
