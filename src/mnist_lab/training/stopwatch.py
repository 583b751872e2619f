"""Stopwatch with a total per activity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Sums the seconds of its laps by name; pauses between laps are not counted."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._totals: defaultdict[str, float] = defaultdict(float)
        self.last = 0.0
        """Seconds of the latest lap."""

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Add the duration of the block to a total."""
        start = self._clock()
        yield
        self.last = self._clock() - start
        self._totals[name] += self.last

    def total(self, *names: str) -> float:
        """Sum of several totals in seconds."""
        return sum(self._totals[name] for name in names)
