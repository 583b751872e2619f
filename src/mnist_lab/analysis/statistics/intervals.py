"""Mean, standard deviation and 95 % intervals of an arm, and the interval of one trained network's accuracy."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Interval: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Summary:
    """Descriptive statistics of the trainings of one recipe, in the unit of their values.

    Attributes:
        n: Number of trainings.
        mean: Their mean; None without any.
        deviation: Standard deviation over seeds; None, as are the intervals, with fewer than two.
        interval: 95 % confidence interval of the recipe's mean.
        prediction: 95 % prediction interval: where the value of one further training falls.
    """

    n: int
    mean: float | None = None
    deviation: float | None = None
    interval: Interval | None = None
    prediction: Interval | None = None


def summary(values: Iterable[float]) -> Summary:
    """Mean, deviation and 95 % intervals of the values of some trainings.

    Args:
        values: One finite value per training.

    Example:
        >>> found = summary([0.9781, 0.9779, 0.9786, 0.9783])
        >>> found.n, round(found.mean, 4), [round(end, 4) for end in found.interval]
        (4, 0.9782, [0.9777, 0.9787])
    """
    values = list(values)
    if len(values) < 2:
        return Summary(len(values), mean=values[0] if values else None)

    from mnist_lab.analysis.statistics import arrays

    mean = math.fsum(values) / len(values)  # sum() of floats rounds differently before Python 3.12
    half, further = (float(arrays.half_width(values, further=further)) for further in (False, True))
    return Summary(
        len(values),
        mean,
        float(arrays.deviation(values)),
        (mean - half, mean + half),
        (mean - further, mean + further),
    )


def sampling_interval(accuracy: float, images: int = 10_000) -> Interval:
    """95 % interval of one trained network's accuracy on all images of the kind (Wilson's interval).

    It allows for the choice of test images, and not for the variation between trainings.

    Args:
        accuracy: Accuracy on the test images, a fraction.
        images: Number of test images.

    Example:
        >>> [round(end, 4) for end in sampling_interval(0.98)]
        [0.9771, 0.9826]
    """
    from mnist_lab.analysis.statistics import arrays

    return arrays.wilson(round(accuracy * images), images)
