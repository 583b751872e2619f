"""What choosing the epoch on the test images adds to the accuracy that is reported."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

Choice: TypeAlias = Callable[[Sequence[float]], int]
"""From a curve, one value an epoch, to the epoch that is kept, counted from 1."""


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
