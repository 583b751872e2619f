"""The series of a chart: values over epochs, and their smoothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Point = tuple[float, float]

MAX_X = 1e15
"""Points beyond this x are not drawn: floats no longer distinguish whole epochs there."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of a series at ``x``.

    ``best`` is drawn as an arrow below the point, ``stopped`` as a dashed vertical line that ends at it.
    """

    x: float
    kind: Literal["best", "stopped"]


@dataclass(frozen=True)
class Series:
    """A series of values.

    Attributes:
        label: Name in the legend, shown literally; an empty one is not in the legend.
        points: Points (x, y); a y that is not finite is a gap.
        slot: Palette slot, which determines colour, marker and line style.
        dashed: Whether the line is dashed, as that of a training curve next to its validation curve.
        faint: Whether the line is faint and behind the others.
        band: A shaded band as points (x, low, high). Default: none.
        marks: Marks at some x. Default: none.
    """

    label: str
    points: Sequence[Point]
    slot: int
    dashed: bool = False
    faint: bool = False
    band: Sequence[tuple[float, float, float]] | None = None
    marks: Sequence[Mark] = ()

    def at(self, x: float) -> float | None:
        """The y of the point nearest to ``x``; None if it is half an epoch away or more, or a gap."""
        near = min(
            (point for point in self.points if abs(point[0] - x) < 0.5),
            key=lambda point: abs(point[0] - x),
            default=None,
        )
        return near[1] if near is not None and math.isfinite(near[1]) else None


def in_order(points: Iterable[Point]) -> list[Point]:
    """``points`` by ascending x, without those that cannot be drawn."""
    return sorted((point for point in points if abs(point[0]) <= MAX_X), key=lambda point: point[0])


def smoothed(points: Iterable[Point], weight: float) -> list[Point]:
    """Exponential moving average of the y values, corrected for the bias towards 0 at the start.

    Each y becomes the weighted mean of all values up to it, with weight ``weight ** k`` for the value k points before.
    Gaps stay gaps and are not counted. A weight of 0 changes nothing; a weight of 1 gives the running mean.
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
