"""What a benchmark measured, as values: samples, the figure they make, and the tables the figures stand in.

A part of the benchmark is one module with one function, :data:`Measure`. It keeps to the folder and the deadline of
its :class:`Settings`, tells of its progress through ``narrate``, and leaves no process behind, whatever ends it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What every part is told.

    Attributes:
        scratch: An empty folder of this benchmark alone, removed at its end. Runs go below it.
        quick: Measure less, in seconds rather than minutes; the figures are rough then.
        rounds: How often each thing is measured, one after the other and then all again.
        deadline: When the part should have ended (:func:`time.monotonic`): past it, it begins no further round.
        epochs: Of the trainings in the long parts; None: as many as the report's have.
    """

    scratch: Path
    quick: bool = False
    rounds: int = 3
    deadline: float = math.inf
    epochs: int | None = None

    @property
    def late(self) -> bool:
        return time.monotonic() >= self.deadline


@dataclass(frozen=True)
class Figure:
    """One quantity, measured several times.

    Attributes:
        key: Its name for a target and for other figures, unique in a benchmark: ``"screen/key-to-repaint"``.
        name: What was measured, in words; which point of the samples it is, where that is not the median.
        unit: ``"s"``, ``"ms"``, ``"MB"``, ``"KB/s"``, ...; less of it is better unless a target says otherwise.
        samples: Every measurement, in the order in which they were made; never empty.
        quantile: Which point of the samples is the figure: 0.5 the median, 0.95 what 95 % stay under.
        against: The key of the figure it is shown as a ratio of, in the same benchmark; none where empty.
        share: How much of the machine's measured matrix-product rate it reaches, 0 to 1; None where that says nothing.
        note: What a reader has to know beside it.
    """

    key: str
    name: str
    unit: str
    samples: tuple[float, ...]
    quantile: float = 0.5
    against: str = ""
    share: float | None = None
    note: str = ""

    @property
    def value(self) -> float:
        return quantile(self.samples, self.quantile)

    @property
    def low(self) -> float:
        return min(self.samples)

    @property
    def high(self) -> float:
        return max(self.samples)


@dataclass(frozen=True)
class Table:
    """Figures that are read together.

    Attributes:
        title: What they are about.
        figures: One a row.
        notes: How they were measured, and what was left out and why, one sentence each.
    """

    title: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


Narrate = Callable[[str], None]
Measure = Callable[[Settings, Narrate], Iterable[Table]]
"""Measures, and gives each table as soon as it is whole: one that fails later takes nothing back."""


def quantile(samples: Sequence[float], point: float) -> float:
    """The value below which a share ``point`` (0 to 1) of the samples lies, interpolated between neighbours."""
    ordered = sorted(samples)
    place = point * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
