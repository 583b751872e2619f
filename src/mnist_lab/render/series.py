"""What a chart draws: curves of one quantity over epochs, and their smoothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]

MAX_X = 1e15
"""Points further out than this are not drawn: whole epochs can no longer be told apart there."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened to one series at ``x``.

    ``best`` is an arrow under the point, ``stopped`` a broken vertical line that ends at it.
    """

    x: float
    kind: Literal["best", "stopped"]


@dataclass(frozen=True)
class Series:
    """One curve.

    Attributes:
        label: Its name in the legend, shown literally; an empty one keeps it out of the legend.
        points: (x, y) each; a y that is not finite is a gap.
        slot: Its place in the palette, which gives colour, marker and line style.
        dashed: Drawn broken, as a training curve is beside its validation curve.
        faint: Drawn behind the others.
        band: (x, low, high) each: a shaded interval, as of several seeds.
        marks: What happened at some x.
    """

    label: str
    points: Sequence[Point]
    slot: int
    dashed: bool = False
    faint: bool = False
    band: Sequence[tuple[float, float, float]] | None = None
    marks: Sequence[Mark] = ()

    def at(self, x: float) -> float | None:
        """The y of the point nearest to ``x``, if one is less than half an epoch away and not a gap."""
        near = min(
            (point for point in self.points if abs(point[0] - x) < 0.5),
            key=lambda point: abs(point[0] - x),
            default=None,
        )
        return near[1] if near is not None and math.isfinite(near[1]) else None


def in_order(points: Iterable[Point]) -> list[Point]:
    """``points`` by ascending x, without those that have no place on an x axis."""
    return sorted((point for point in points if abs(point[0]) <= MAX_X), key=lambda point: point[0])


def smoothed(points: Iterable[Point], weight: float) -> list[Point]:
    """Exponential moving average of the ys, without a bias towards zero at the start.

    Each y becomes the mean of all up to it, where one that lies k points back counts ``weight ** k``. Gaps stay gaps
    and count for nothing. A weight of 0 changes nothing; 1 gives the running mean.
    """
    total = count = 0.0
    result = []
    for x, y in points:
        if math.isfinite(y):
            total = weight * total + y
            count = weight * count + 1.0
            y = total / count
        result.append((x, y))
    return result
