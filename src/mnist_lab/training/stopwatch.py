"""Seconds by what they were spent on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Runs only inside its laps, so a pause between two of them counts for nothing."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._totals: defaultdict[str, float] = defaultdict(float)
        self.last = 0.0
        """Seconds of the latest lap."""

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Count what the block takes."""
        start = self._clock()
        yield
        self.last = self._clock() - start
        self._totals[name] += self.last

    def total(self, *names: str) -> float:
        """Seconds spent on these together."""
        return sum(self._totals[name] for name in names)
