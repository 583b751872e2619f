"""What a part of the campaign tried, and what failed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Trials of one promise.

    Attributes:
        promise: What must hold, in a few words.
        trials: How often it was tried.
        failures: A sentence for each trial in which it did not hold.
        missing: Why it could not be tried on this machine; empty where it was.
    """

    promise: str
    trials: int = 0
    failures: list[str] = field(default_factory=list)
    missing: str = ""
    started: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    def tried(self, complaint: str = "") -> None:
        """Count a trial, which failed if there is a complaint."""
        self.trials += 1
        if complaint:
            self.failures.append(complaint)

    def ended(self) -> Tally:
        """This tally, with the time that it took."""
        self.seconds = time.monotonic() - self.started
        return self

    def line(self) -> str:
        """The result in one line."""
        if self.missing:
            return f"{self.promise}: NOT TRIED, {self.missing}"
        return f"{self.promise}: {self.trials} trials, {len(self.failures)} failures, {self.seconds:.0f} s"
