"""Figures of the ledger in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mnist_lab.evidence.arms import Arm
from mnist_lab.evidence.intervals import Interval
from mnist_lab.evidence.ledger.measures import Unit

_LEAST = {"percent": 0.0, "points": 0.0, "loss": 0.0, "epoch": 1.0}
_MOST = {"percent": 1.0}


def figure(value: float, unit: Unit) -> str:
    """A figure: ``97.87 %``, ``0.0840``, ``13``."""
    match unit:
        case "percent":
            return f"{100 * value:.2f} %"
        case "points":
            return f"{100 * value:.3f} points"
        case "loss":
            return f"{value:.4f}"
        case "epoch":
            return f"{round(value, 1):g}"
        case "share":
            return f"{10**value:.2g}"


def span(interval: Interval, unit: Unit) -> str:
    """What lies between two figures, as far as there can be any: ``97.52 % and 98.11 %``."""
    least, most = _LEAST.get(unit, -float("inf")), _MOST.get(unit, float("inf"))
    low, high = (figure(min(max(end, least), most), unit) for end in interval)
    return f"{low} and {high}"


def difference(value: float, unit: Unit) -> str:
    """The size of a difference: ``0.36 points``."""
    size = abs(value)
    match unit:
        case "percent":
            return f"{100 * size:.2f} points"
        case "points":
            return f"{100 * size:.3f} points"
        case "share":
            return f"a factor of {10**size:.2g}"
        case _:
            return figure(size, unit)


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def sentence(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def diverged(arms: Iterable[Arm]) -> str:
    """What has to be told beside the figures of networks of which some trainings have none; else nothing."""
    told = [f"{count} of {name}" for name, count in {arm.name: arm.diverged for arm in arms}.items() if count]
    return f" Trainings that diverged have no figure: {listed(told)}." if told else ""
