"""How many steps to put into one compiled call."""

from __future__ import annotations

import math

SECONDS_PER_CALL = 0.25
"""What a call takes: quick enough to stop, to pause and to show progress."""

FASTEST_GROWTH = 8


class Pace:
    """Sizes calls by what the last one took, from a single step up."""

    def __init__(self, seconds_per_call: float) -> None:
        """``seconds_per_call``: what a call is to take; 0 makes calls of one step, infinity of a whole epoch."""
        self._target = seconds_per_call
        self._fitting = 1 if math.isfinite(seconds_per_call) else None

    def next(self, left: int) -> int:
        """The steps of the next call, where ``left`` are left in the epoch; they are divided evenly."""
        if self._fitting is None:
            return left
        return math.ceil(left / math.ceil(left / self._fitting))

    def took(self, steps: int, seconds: float) -> None:
        """Learn from a call."""
        if self._fitting is not None:
            fitting = int(self._target * steps / max(seconds, 1e-6))
            self._fitting = max(1, min(fitting, FASTEST_GROWTH * steps))
