"""Figures in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf

from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.intervals import Interval
from mnist_lab.analysis.statistics.metrics import EPOCHS, LOSS, POINTS, Unit

_POSSIBLE = {POINTS: (0.0, 1.0), LOSS: (0.0, inf), EPOCHS: (1.0, inf)}


def value(figure: float, unit: Unit) -> str:
    """A figure, not a difference: ``97.87 %``, ``0.0840``, ``13``."""
    if unit == EPOCHS:
        return f"{round(figure, 1):g}"
    return f"{unit.number(figure)} %" if unit == POINTS else unit.told(figure)


def span(interval: Interval, unit: Unit) -> str:
    """What lies between two figures, as far as there can be any: ``97.52 % and 98.11 %``."""
    least, most = _POSSIBLE.get(unit, (-inf, inf))
    low, high = (value(min(max(end, least), most), unit) for end in interval)
    return f"{low} and {high}"


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def diverged(arms: Iterable[Arm]) -> str:
    """What has to be told beside the figures of networks of which some trainings have none; else nothing."""
    told = [f"{count} of {name}" for name, count in {arm.name: arm.diverged for arm in arms}.items() if count]
    return f" Trainings that diverged have no figure: {listed(told)}." if told else ""
