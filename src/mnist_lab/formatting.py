"""Numbers as text: values with their unit, differences, intervals, percentages, durations, counts and lists.

None, which stands for a number that is not known, becomes an empty text.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

MISSING = "–"
"""Shown in a table of the report where a number is not known."""


@dataclass(frozen=True)
class Unit:
    """How the values of a metric, and the differences between two of them, are written.

    A negative number has a minus sign, not a hyphen, and zero has none.

    Attributes:
        factor: What a value is multiplied by: 100 turns a fraction into percent.
        digits: Digits after the decimal point.
        symbol: Follows a value: ``%``; empty where there is none.
        name: Follows a difference: ``points``; empty where there is none.
        lowest: The lowest value there can be; intervals of values are cut off there. Default: no limit.
        highest: The highest value there can be. Default: no limit.
        trimmed: Whether a value loses the zeros at its end: 13 for 13.0.

    Example:
        >>> PERCENT.value(0.9787), PERCENT.difference(-0.0003), PERCENT.signed(0.0012)
        ('97.87 %', '−0.03 points', '+0.12')
        >>> PERCENT.value_interval((0.9752, 0.9811)), PERCENT.signed_interval((-0.0003, 0.0012))
        ('97.52 to 98.11 %', '−0.03 to +0.12')
    """

    factor: float
    digits: int
    symbol: str = ""
    name: str = ""
    lowest: float = -math.inf
    highest: float = math.inf
    trimmed: bool = False

    def number(self, value: float | None) -> str:
        """A value or a difference without its unit, with a fixed number of digits."""
        return "" if value is None else _minus(f"{self.factor * value:.{self.digits}f}")

    def value(self, value: float | None) -> str:
        """A value with its unit: ``97.87 %``, ``0.0840``, ``13``."""
        return _joined(self._bare(value), self.symbol)

    def value_interval(self, interval: tuple[float, float] | None) -> str:
        """An interval of values, as far as values go, with their unit: ``97.52 to 98.11 %``."""
        return _joined(self.numbers(interval), self.symbol)

    def numbers(self, interval: tuple[float, float] | None) -> str:
        """An interval of values, as far as values go, without their unit: ``97.52 to 98.11``."""
        if interval is None:
            return ""
        return " to ".join(self._bare(min(max(end, self.lowest), self.highest)) for end in interval)

    def plus_minus(self, value: float | None, interval: tuple[float, float] | None) -> str:
        """A value and half of its interval, without a unit: ``97.87 ± 0.05``."""
        half = "" if interval is None else f" ± {self.number((interval[1] - interval[0]) / 2)}"
        return self.number(value) + half

    def difference(self, difference: float | None) -> str:
        """A difference with its unit: ``0.12 points``."""
        return _joined(self.number(difference), self.name)

    def difference_interval(self, interval: tuple[float, float] | None) -> str:
        """An interval of differences with their unit: ``−0.03 to 0.12 points``."""
        return "" if interval is None else _joined(" to ".join(map(self.number, interval)), self.name)

    def signed(self, difference: float | None) -> str:
        """A difference with its sign and without its unit: ``+0.12``, ``−0.03``, ``0.00``."""
        text = self.number(difference)
        return f"+{text}" if text.strip("0.") and not text.startswith("−") else text

    def signed_interval(self, interval: tuple[float, float] | None) -> str:
        """An interval of differences with their signs and without their unit: ``−0.03 to +0.12``."""
        return "" if interval is None else " to ".join(map(self.signed, interval))

    def margin(self, margin: float) -> str:
        """A difference that somebody chose, with its unit: ``0.1 points``, ``1 epoch``."""
        text = f"{self.factor * margin:g}"
        return _joined(text, self.name.removesuffix("s") if text == "1" else self.name)

    def _bare(self, value: float | None) -> str:
        text = self.number(value)
        return text.rstrip("0").rstrip(".") if self.trimmed and "." in text else text


@dataclass(frozen=True)
class Log10Ratio(Unit):
    """How base-10 logarithms of ratios are written: as the ratios themselves, with two significant digits.

    Example:
        >>> Log10Ratio().difference(1.0), Log10Ratio().value_interval((0.0, 0.301))
        ('a factor of 10', '1 to 2')
    """

    factor: float = 1.0
    digits: int = 2

    def number(self, value: float | None) -> str:
        return "" if value is None else f"{10**value:.{self.digits}g}"

    def difference(self, difference: float | None) -> str:
        return "" if difference is None else f"a factor of {self.number(difference)}"

    def difference_interval(self, interval: tuple[float, float] | None) -> str:
        return "" if interval is None else f"a factor of {' to '.join(map(self.number, interval))}"

    def margin(self, margin: float) -> str:
        return self.difference(margin)


PERCENT = Unit(100, 2, "%", "points", 0.0, 1.0)
"""Accuracies, which are fractions: percent, and their differences percentage points."""

LOSS = Unit(1, 4, lowest=0.0)
EPOCHS = Unit(1, 1, name="epochs", lowest=1.0, trimmed=True)


def percent(fraction: float | None, digits: int = 2) -> str:
    """A fraction in percent, without the sign: ``97.87``."""
    return "" if fraction is None else f"{100 * fraction:.{digits}f}"


def loss(value: float | None) -> str:
    """A loss with four digits: ``0.0840``."""
    return LOSS.number(value)


def reading(value: float | None, *, in_percent: bool = False, ascii: bool = False) -> str:
    """A value of any size as it is read off a chart.

    Args:
        value: None: there is none at this place, which is shown as a dash.
        in_percent: Whether it is a fraction to be shown in percent: ``97.87%``. Else it has four decimals, or an
            exponent where these would not do.
        ascii: Whether to write ASCII only.
    """
    if value is None:
        return "-" if ascii else MISSING
    if in_percent:
        return f"{percent(value)}%"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"


def duration(seconds: float | None) -> str:
    """A time in seconds: ``0.21 s``, ``42 s``, ``3 min``, ``2 h 5 min``; empty where it is not finite."""
    if seconds is None or not math.isfinite(seconds):
        return ""
    if seconds < 10:
        return f"{seconds:.2g} s" if seconds < 1 else f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def local_time(moment: datetime, today: date | None = None) -> str:
    """A moment on this host's clock: ``14:03:05`` where it is today, else ``2026-11-24 14:03``.

    Args:
        moment: The moment, with its time zone.
        today: The date of today. Default: it is looked up.
    """
    local = moment.astimezone()
    text = local.isoformat(" ", "seconds")
    return text[11:19] if local.date() == (today or datetime.now().astimezone().date()) else text[:16]


def silent_since(seconds: float) -> str:
    """That nothing was heard of a host since a moment, which is given in seconds since the epoch."""
    return f"silent since {local_time(datetime.fromtimestamp(seconds, UTC))}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: ``1 run``, ``3 runs``.

    Args:
        count: How many there are.
        one: The noun for one of them.
        many: The noun for any other number. Default: ``one`` with an s.
    """
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def count_range(least: int, most: int, one: str) -> str:
    """A range of counts with its noun: ``3 to 5 seeds``, ``1 seed``."""
    return plural(most, one) if least == most else f"{least} to {plural(most, one)}"


def commit(name: str | None, digits: int = 10) -> str:
    """The first digits of a commit and ``-dirty`` where it has that: ``0123456789-dirty``; empty without a commit."""
    return "" if name is None else "-".join([name[:digits], *name.split("-")[1:]])


def join_list(parts: Sequence[str]) -> str:
    """The parts of a sentence, at least one, as a list: ``a, b and c``."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def _minus(text: str) -> str:
    """A number with a minus sign instead of a hyphen, and none before zero."""
    return text.replace("-", "−" if text.strip("-0.") else "")


def _joined(number: str, unit: str) -> str:
    return f"{number} {unit}" if number and unit else number
