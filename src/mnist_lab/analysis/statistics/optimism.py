"""What choosing the epoch on the test images adds to the accuracy that is reported."""

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

Choice: TypeAlias = Callable[[Sequence[float]], int]
"""From a curve, one value an epoch, to the epoch that is kept, counted from 1."""


_NEEDED: frozenset[str] = frozenset({"test_curve"})
"""What a run must have measured to tell it."""


def lowest(losses: Sequence[float]) -> int:
    """The first epoch with the lowest loss; NaN is never the lowest, unless there is nothing else."""
    return 1 + min(range(len(losses)), key=lambda epoch: (math.isnan(losses[epoch]), losses[epoch]))


def highest(accuracies: Sequence[float]) -> int:
    """The first epoch with the highest accuracy."""
    return lowest([-accuracy for accuracy in accuracies])


def optimism(
    test_accuracy: Sequence[float],
    test_curve: Sequence[float],
    validation_curve: Sequence[float],
    choice: Choice = lowest,
) -> float:
    """Test accuracy at the epoch that the test images would have chosen, minus at the one that validation chose.

    Both curves are those of one training, on images that it did not train on. A single one may be below 0: what is
    chosen by its loss need not have the higher accuracy. The mean over seeds is what a report that watched the test
    images has to take off its figures.

    Args:
        test_accuracy: After each epoch, a fraction.
        test_curve: What would have been watched on the test images: their loss, or their accuracy with
            :func:`highest`.
        validation_curve: The same on the images held out.
        choice: How an epoch is chosen by a curve.

    Raises:
        ValueError: The curves are empty or differ in length.
    """
    if not len(test_accuracy) == len(test_curve) == len(validation_curve) > 0:
        lengths = f"{len(test_accuracy)}, {len(test_curve)} and {len(validation_curve)}"
        raise ValueError(f"curves of {lengths} epochs: they must be those of one training")
    return test_accuracy[choice(test_curve) - 1] - test_accuracy[choice(validation_curve) - 1]


def optimism_of(record: Record, monitor: Metric | None = None) -> float | None:
    """The optimism of one training.

    Args:
        record: Of it.
        monitor: The figure by which the epoch is chosen, ``val_loss`` or ``val_accuracy``; None: what its early
            stopping watched, else ``val_loss``.

    Returns:
        None where the run cannot tell: the test images were no secret to it, or nobody looked at them each epoch.
    """
    curves = record.measured(TEST_CURVE)
    if record.experiment.protocol != "holdout" or record.status != "finished" or curves is None:
        return None
    watched = monitor or record.experiment.monitor
    if watched in ("accuracy", "val_accuracy"):
        return optimism(curves["accuracy"], curves["accuracy"], record.history["val_accuracy"], highest)
    return optimism(curves["accuracy"], curves["loss"], record.history["val_loss"])


@dataclass(frozen=True)
class ArmOptimism:
    """The optimism of one recipe: of each seed, and their mean with its interval."""

    arm: Arm
    summary: Summary


def by_recipe(records: Iterable[Record], monitor: Metric | None = None) -> list[ArmOptimism]:
    """The optimism of every recipe of which a run can tell it, in the order in which they were first asked for."""
    recipes: dict[tuple[Backend, Experiment], list[Record]] = {}
    for record in sorted(records, key=lambda record: record.id):
        recipes.setdefault((backend_of(record), record.experiment.unseeded()), []).append(record)
    arms = (
        arm_of(label_of(recipe, runs[0].preset), runs, lambda record: optimism_of(record, monitor), _NEEDED)
        for (_, recipe), runs in recipes.items()
    )
    return [ArmOptimism(arm, summary(arm.values.values())) for arm in arms if arm.n]


def sentence(found: ArmOptimism) -> str:
    """What it means, for a reader who knows no statistics."""
    name, mean, interval = found.arm.name, found.summary.mean, found.summary.interval
    if mean is None or interval is None:
        return f"{name}: one training is too few to measure what choosing the epoch on the test images adds."
    seeds = plural(found.summary.n, "seed")
    told = f"{PERCENT.difference(mean)} (95 % interval {PERCENT.difference_interval(interval)}, {seeds})"
    if interval[0] <= 0 <= interval[1]:
        return f"{name}: choosing the epoch on the test images adds {told}, which may be chance."
    return f"{name}: choosing the epoch on the test images adds {told} to the reported accuracy."
