"""The optimism of an accuracy: what choosing the epoch on the test images adds to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from mnist_lab.analysis.statistics.arms import Arm, arm_of
from mnist_lab.analysis.statistics.intervals import Summary, summary
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.measurements import TEST_CURVE
from mnist_lab.experiments.presets import label_of
from mnist_lab.experiments.record import Backend, Metric, Record
from mnist_lab.experiments.selection import backend_of
from mnist_lab.formatting import PERCENT, plural

EpochChoice: TypeAlias = Callable[[Sequence[float]], int]
"""Chooses an epoch, counted from 1, by a curve with one value per epoch."""


_NEEDED: frozenset[str] = frozenset({"test_curve"})
"""What a run must have measured for its optimism to be known."""


def lowest(losses: Sequence[float]) -> int:
    """The first epoch with the lowest loss, counted from 1; NaN counts as the highest."""
    return 1 + min(range(len(losses)), key=lambda epoch: (math.isnan(losses[epoch]), losses[epoch]))


def highest(accuracies: Sequence[float]) -> int:
    """The first epoch with the highest accuracy, counted from 1."""
    return lowest([-accuracy for accuracy in accuracies])


def optimism(
    test_accuracy: Sequence[float],
    test_curve: Sequence[float],
    validation_curve: Sequence[float],
    choice: EpochChoice = lowest,
) -> float:
    """Test accuracy at the epoch that the test images would have chosen, less that at the epoch that validation chose.

    All curves are of one training, on images that it was not trained on, with one value per epoch. The optimism of one
    training may be negative: the epoch with the lowest loss need not have the highest accuracy. The mean over seeds is
    by how much an accuracy is too good if its epoch was chosen on the test images.

    Args:
        test_accuracy: Test accuracy after each epoch, a fraction.
        test_curve: The monitored metric on the test images: their loss, or their accuracy with :func:`highest`.
        validation_curve: The same metric on the held-out images.
        choice: Chooses an epoch by a curve. Default: :func:`lowest`.

    Raises:
        ValueError: The curves are empty or differ in length.

    Example:
        >>> round(optimism([0.970, 0.974, 0.972], [0.10, 0.09, 0.11], [0.12, 0.11, 0.10]), 3)
        0.002
    """
    if not len(test_accuracy) == len(test_curve) == len(validation_curve) > 0:
        lengths = f"{len(test_accuracy)}, {len(test_curve)} and {len(validation_curve)}"
        raise ValueError(f"curves of {lengths} epochs: they must be those of one training")
    return test_accuracy[choice(test_curve) - 1] - test_accuracy[choice(validation_curve) - 1]


def optimism_of(record: Record, monitor: Metric | None = None) -> float | None:
    """The optimism of one training.

    Args:
        record: Its record.
        monitor: The metric by which the epoch is chosen, ``val_loss`` or ``val_accuracy``. Default: what its early
            stopping monitored, else ``val_loss``.

    Returns:
        None where it is not known: no images were held out, or the test images were not measured after each epoch.
    """
    curves = record.measured(TEST_CURVE)
    if record.experiment.protocol != "holdout" or record.status != "finished" or curves is None:
        return None
    if not {"loss", "accuracy"} <= curves.keys() or not record.epochs_run:
        return None
    if (monitor or record.experiment.monitor) in ("accuracy", "val_accuracy"):
        return optimism(curves["accuracy"], curves["accuracy"], record.history["val_accuracy"], highest)
    return optimism(curves["accuracy"], curves["loss"], record.history["val_loss"])


@dataclass(frozen=True)
class ArmOptimism:
    """The optimism of one recipe, by seed and summarised."""

    arm: Arm
    summary: Summary


def by_recipe(records: Iterable[Record], monitor: Metric | None = None) -> list[ArmOptimism]:
    """The optimism of every recipe for which it is known, in the order in which they were first requested."""
    recipes: dict[tuple[Backend, Experiment], list[Record]] = {}
    for record in sorted(records, key=lambda record: record.id):
        recipes.setdefault((backend_of(record), record.experiment.unseeded()), []).append(record)
    arms = (
        arm_of(label_of(recipe, runs[0].preset), runs, lambda record: optimism_of(record, monitor), _NEEDED)
        for (_, recipe), runs in recipes.items()
    )
    return [ArmOptimism(arm, summary(arm.values.values())) for arm in arms if arm.n]


def sentence(found: ArmOptimism) -> str:
    """The optimism of a recipe as a sentence, for readers who know no statistics."""
    name, mean, interval = found.arm.name, found.summary.mean, found.summary.interval
    if mean is None or interval is None:
        return f"{name}: one training is too few to measure what choosing the epoch on the test images adds."
    seeds = plural(found.summary.n, "seed")
    gain = f"{PERCENT.difference(mean)} (95 % interval {PERCENT.difference_interval(interval)}, {seeds})"
    if interval[0] <= 0 <= interval[1]:
        return f"{name}: choosing the epoch on the test images adds {gain}, which may be chance."
    return f"{name}: choosing the epoch on the test images adds {gain} to the reported accuracy."
