"""How sure a figure is: the mean of an arm, one further training of it, one trained network."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Interval: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Summary:
    """What the trainings of one recipe come to, in the unit of their figures.

    Attributes:
        n: How many there are.
        mean: None without any.
        deviation: Standard deviation from seed to seed; like the intervals None with fewer than two.
        interval: Holds the recipe's mean with 95 %: what many more trainings would average to.
        prediction: Holds the figure of one further training with 95 %.
    """

    n: int
    mean: float | None = None
    deviation: float | None = None
    interval: Interval | None = None
    prediction: Interval | None = None


def summary(values: Iterable[float]) -> Summary:
    """Mean, deviation and intervals of some trainings' figures, all finite."""
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
    """Where one trained network's accuracy lies with 95 % on all images of the kind (Wilson's interval).

    It says how far other test images could move the figure of this very network, and nothing of other trainings.

    Args:
        accuracy: Share of the test images that it has right, a fraction.
        images: How many those were.
    """
    from mnist_lab.analysis.statistics import arrays

    return arrays.wilson(round(accuracy * images), images)
