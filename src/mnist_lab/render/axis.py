"""The axes of a chart: positions of values, and tick labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

_MARGIN = 0.125
"""Space between the data and the edges, in rows: half a braille dot."""

_LARGEST = 1e300
"""Values are clipped to this magnitude, and on a log axis to its inverse, so that no difference overflows."""

_SMALLEST = 1e-290
"""Smaller differences count as 0, so that dividing by a part of one does not overflow."""

_FAR = 1e6
"""Depths are clipped to this number of rows, so that they stay finite integers."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A tick label at ``row`` of a y axis, counted from the top."""

    row: int
    label: str


@dataclass(frozen=True, slots=True)
class YAxis:
    """A y axis.

    Attributes:
        rows: Height in rows.
        bottom: The value at its lower edge; its base-10 logarithm if ``log``.
        per_row: The range that one row spans, above 0, in the same unit.
        log: Whether the axis is logarithmic.
        ticks: The tick labels, the top row first.
    """

    rows: int
    bottom: float
    per_row: float
    log: bool
    ticks: tuple[Tick, ...]

    def depths(self, values: Iterable[float]) -> list[float]:
        """Distance of each value below the upper edge, in rows; outside [0, rows] if the value is off the chart.

        NaN for values that are not finite, and on a log axis for those that are not above 0.
        """
        if self.log:
            values = (math.log10(value) if 0 < value < math.inf else math.nan for value in values)
        top = self.bottom + self.rows * self.per_row
        scale = 1.0 / self.per_row
        return [
            depth if -_FAR < (depth := (top - value) * scale) < _FAR else _far_off(value, depth) for value in values
        ]


def y_axis(low: float, high: float, rows: int, *, log: bool = False, percent: bool = False) -> YAxis:
    """Make a y axis that shows the range from ``low`` to ``high``.

    Args:
        low: Lowest value, finite, and above 0 if ``log``.
        high: Highest value, as ``low``.
        rows: Height in rows, at least 1.
        log: Whether the axis is logarithmic.
        percent: Whether labels are ``98%`` instead of ``0.98``.
    """
    least = 1 / _LARGEST if log else -_LARGEST
    low, high = (min(max(value, least), _LARGEST) for value in (low, high))
    return _log_axis(low, high, rows, percent) if log else _linear_axis(low, high, rows, percent)


def typical_range(values: Iterable[float], outliers: int) -> tuple[float, float]:
    """The range of values to show, without a few outliers that would flatten everything else.

    Args:
        values: Finite values, at least one.
        outliers: Most values at each end that may be left out. They are left out only if there are eight times as many
            values in all, and if the range more than halves without them.
    """
    ordered = sorted(values)
    low, high = ordered[0], ordered[-1]
    if not 0 < 8 * outliers <= len(ordered):
        return low, high
    inner_low, inner_high = ordered[outliers], ordered[-1 - outliers]
    reach = 1.5 * (inner_high - inner_low)
    if reach <= 0:
        return low, high
    near = [value for value in ordered if inner_low - reach <= value <= inner_high + reach]
    return (near[0], near[-1]) if 2 * (near[-1] - near[0]) < high - low else (low, high)


def steps(at_least: float) -> Iterator[tuple[int, int]]:
    """Round steps (1, 2 or 5 times a power of ten) from about ``at_least`` upwards, as mantissa and exponent."""
    exponent = math.floor(math.log10(at_least))
    while True:
        for mantissa in (1, 2, 5):
            yield mantissa, exponent
        exponent += 1


def epoch_ticks(low: float, high: float, columns: int) -> list[int]:
    """The epochs to label between ``low`` and ``high`` on an x axis of ``columns`` columns.

    Multiples of a round step, and the first epoch too where its label has room.
    """
    first, last = math.ceil(low), math.floor(high)
    if first > last:
        return []
    label = max(len(str(first)), len(str(last)))
    room = label + min(max(2, columns // 8), 7)
    per_column = (high - low) / max(1, columns - 1)
    step = next(
        number
        for number in (mantissa * 10**exponent for mantissa, exponent in steps(max(1.0, room * per_column)))
        if number >= room * per_column
    )
    ticks = list(range(-(-first // step) * step, last + 1, step))
    if not ticks or ticks[0] - first >= (label + 2) * per_column:
        ticks.insert(0, first)
    return ticks


def _far_off(value: float, depth: float) -> float:
    return math.copysign(_FAR, depth) if math.isfinite(value) else math.nan


def _linear_axis(low: float, high: float, rows: int, percent: bool) -> YAxis:
    """The axis with the smallest range whose ticks are on row centres, the same number of rows apart."""
    size = max(abs(low), abs(high))
    if high - low <= max(size * 1e-9, _SMALLEST):
        reach = max(size * 0.05, _SMALLEST) if size else 0.5
        low, high = low - reach, high + reach
    span = high - low
    fewest, most = max(1 + (rows > 5), rows // 8), max(rows // 3, min(3, (rows + 1) // 2))
    best: tuple[float, int, int, int] | None = None
    for mantissa, exponent in steps(span / rows * fewest):
        step = mantissa * 10.0**exponent
        if best is not None and step > best[0] * most:
            break
        for apart in range(fewest, most + 1):
            per_row = step / apart
            if best is None or per_row < best[0] * (1 - 1e-9):
                lowest = math.ceil(high / per_row - rows + 0.5 + _MARGIN)
                highest = math.floor(low / per_row + 0.5 - _MARGIN)
                if lowest <= highest:
                    best = per_row, apart, mantissa, exponent
    assert best is not None
    per_row, apart, mantissa, exponent = best
    first = _first_row(low, high, rows, per_row)
    numbers = [(rows - 1 - row, (first + row) // apart) for row in range(rows) if (first + row) % apart == 0]
    labels = _labels([number * mantissa for _, number in numbers], exponent, percent)
    ticks = tuple(Tick(row, label) for (row, _), label in zip(numbers, labels, strict=True))
    return YAxis(rows, (first - 0.5) * per_row, per_row, False, ticks[::-1])


def _first_row(low: float, high: float, rows: int, per_row: float) -> int:
    """The value at the centre of the lowest row, in multiples of ``per_row``.

    The data are centred, except that the axis does not extend beyond 0 or 1 if the data do not.
    """
    lowest = math.ceil(high / per_row - rows + 0.5 + _MARGIN)
    highest = math.floor(low / per_row + 0.5 - _MARGIN)
    first = (lowest + highest) // 2
    if low >= 0:
        if high <= 1:
            first = min(first, math.floor(1 / per_row * (1 + 1e-9)) - rows + 1)
        first = max(first, 0)
    return min(max(first, lowest), highest)


def _labels(numbers: Sequence[int], exponent: int, percent: bool) -> list[str]:
    """Labels of ``numbers`` times a power of ten, all with the same number of decimals."""
    if percent:
        exponent += 2
    unit = "%" if percent else ""
    before_point = max((len(str(abs(number))) for number in numbers), default=1) + exponent
    if before_point > 6 or (before_point < -2 and exponent < -5):
        return [_scientific(number, exponent) + unit for number in numbers]
    decimals = max(0, -exponent)
    return [f"{number * 10.0**exponent:.{decimals}f}{unit}" for number in numbers]


def _scientific(number: int, exponent: int) -> str:
    if number == 0:
        return "0"
    digits = str(abs(number))
    exponent += len(digits) - 1
    fraction = digits[1:].rstrip("0")
    return f"{'-' if number < 0 else ''}{digits[0]}{'.' if fraction else ''}{fraction}e{exponent}"


def _log_axis(low: float, high: float, rows: int, percent: bool) -> YAxis:
    bottom, top = math.log10(low), math.log10(high)
    if top - bottom < 1e-9:
        bottom, top = bottom - 0.05, top + 0.05
    per_row = (top - bottom) / max(rows - 2 * _MARGIN, 0.5)
    bottom = (bottom + top - rows * per_row) / 2
    ticks = tuple(
        Tick(rows - 1 - math.floor((math.log10(number) + exponent - bottom) / per_row), label)
        for number, exponent in _log_numbers(bottom, bottom + rows * per_row, per_row)
        for label in _labels([number], exponent, percent)
    )
    return YAxis(rows, bottom, per_row, True, tuple(tick for tick in ticks[::-1] if 0 <= tick.row < rows))


def _log_numbers(bottom: float, top: float, per_row: float) -> list[tuple[int, int]]:
    """The values to label on a log axis, ascending, as integer and exponent of ten.

    Decades, or some of them, with 2 and 5 in between if there is room; round steps on an axis too short for decades.
    """
    exponents = range(math.floor(bottom), math.floor(top) + 1)
    fine = [(n, exponent) for exponent in exponents for n in (1, 2, 5) if bottom <= math.log10(n) + exponent <= top]
    if len(fine) < 2:
        low, high = 10.0**bottom, 10.0**top
        closest = high * (1 - 10.0 ** (-2 * per_row))
        mantissa, exponent = next(step for step in steps(closest) if step[0] * 10.0 ** step[1] >= closest)
        step = mantissa * 10.0**exponent
        return [(n * mantissa, exponent) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    decades = [exponent for n, exponent in fine if n == 1]
    if math.log10(2) >= per_row * (2 if len(decades) > 1 else 1):
        return fine
    stride = next(m * 10**exponent for m, exponent in steps(1) if m * 10**exponent >= 2 * per_row)
    return [(1, exponent) for exponent in decades if exponent % stride == 0]
