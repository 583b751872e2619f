"""Number of training steps per compiled call."""

from __future__ import annotations

import math

SECONDS_PER_CALL = 0.25
"""Target duration of a call: short enough to stop, to pause and to show progress."""

MAX_GROWTH = 8
"""Most that the number of steps grows from one call to the next, as a factor."""


class ChunkSizer:
    """Adapts the number of steps per call to the duration of the last call, starting with one step.

    Args:
        seconds_per_call: Target duration; 0 makes calls of one step, infinity of a whole epoch.
    """

    def __init__(self, seconds_per_call: float) -> None:
        self._seconds_per_call = seconds_per_call
        self._steps = 1 if math.isfinite(seconds_per_call) else None

    def next(self, left: int) -> int:
        """Steps of the next call where ``left`` remain in the epoch; the remaining calls are of equal size."""
        if self._steps is None:
            return left
        return math.ceil(left / math.ceil(left / self._steps))

    def record(self, steps: int, seconds: float) -> None:
        """Record the duration of a call of so many steps."""
        if self._steps is not None:
            fitting = int(self._seconds_per_call * steps / max(seconds, 1e-6))
            self._steps = max(1, min(fitting, MAX_GROWTH * steps))
