"""What a benchmark measures, as values: measurements made of samples, and the tables that list them.

A part of the benchmark is one module of :mod:`benchmarks.parts` with a function of type :data:`Measure`. It writes
only below the scratch folder of its :class:`PartOptions`, reports progress through ``narrate``, and leaves no process
behind, however it ends.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PartOptions:
    """How a part is to be measured.

    Attributes:
        scratch: An empty folder of this benchmark alone, removed at its end. Runs are written below it.
        quick: Take fewer samples: seconds rather than minutes, and rough values.
        rounds: How often each thing is measured; a round measures everything once.
        deadline: On the clock of :func:`time.monotonic`; no further round is begun after it.
        epochs: Of the trainings in the long parts; None: as many as the report's trainings have.
    """

    scratch: Path
    quick: bool = False
    rounds: int = 3
    deadline: float = math.inf
    epochs: int | None = None

    @property
    def past_deadline(self) -> bool:
        return time.monotonic() >= self.deadline


@dataclass(frozen=True)
class Measurement:
    """One quantity, sampled one or more times.

    Attributes:
        key: Identifies it among all measurements of a benchmark: ``"screen/key-to-repaint/p95"``.
        name: What was measured, in words; names the quantile where that is not the median.
        unit: ``"s"``, ``"ms"``, ``"MB"``, ``"KB/s"``, ...; less is better unless the table says otherwise.
        samples: In the order in which they were taken; never empty.
        quantile: Which quantile of the samples is the value, 0 to 1; 0.5 is the median.
        baseline: The key of the measurement that it is shown as a ratio of; empty: none.
        share: The share of the machine's measured matrix-product rate that it reaches, 0 to 1; None: not applicable.
        note: What a reader has to know about it.
    """

    key: str
    name: str
    unit: str
    samples: tuple[float, ...]
    quantile: float = 0.5
    baseline: str = ""
    share: float | None = None
    note: str = ""

    @property
    def value(self) -> float:
        return quantile(self.samples, self.quantile)

    @property
    def min(self) -> float:
        return min(self.samples)

    @property
    def max(self) -> float:
        return max(self.samples)


@dataclass(frozen=True)
class Table:
    """Measurements that are read together.

    Attributes:
        title: What they are about.
        measurements: One a row.
        notes: How they were taken, and what was left out and why, one sentence each.
    """

    title: str
    measurements: tuple[Measurement, ...]
    notes: tuple[str, ...] = ()


Narrate = Callable[[str], None]
"""Takes one line of progress."""

Measure = Callable[[PartOptions, Narrate], Iterable[Table]]
"""Measures a part. Yields each table as soon as it is complete, so that a later failure does not lose it."""


def quantile(samples: Sequence[float], q: float) -> float:
    """The ``q``-th quantile (0 to 1) of the samples, linearly interpolated as :func:`numpy.quantile` does."""
    ordered = sorted(samples)
    position = q * (len(ordered) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
