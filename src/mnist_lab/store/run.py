"""A run as its folder shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Record, Request

RunStatus = Literal[
    "queued", "running", "paused", "finished", "stopped", "diverged", "failed", "died", "damaged", "unreadable"
]
"""``damaged``: its files are missing, or were read and what is in them is wrong. ``unreadable``: the operating system
did not let them be read just then; the run may be waiting, training or finished, and is looked at again."""
LIVE: frozenset[RunStatus] = frozenset({"queued", "running", "paused"})
ENDED: frozenset[RunStatus] = frozenset({"finished", "stopped", "diverged", "failed", "died", "damaged"})


@dataclass(frozen=True)
class Run:
    """A run as its folder shows it at one moment.

    Attributes:
        id: Its id.
        status: Where it stands.
        request: What was asked for; None where that cannot be read, or where there is a record, which says it all.
        record: What it ended with; None where it has not ended, or where the record cannot be read.
        reason: In one sentence, why it failed, diverged, died, is damaged or is unreadable; else empty.
        rank: Its place in the queue while it waits: lower is earlier; 0 for the others.
        newer: Whether a later version wrote its record, which is then never rewritten, nor pruned.
        silent_since: For a run on another host, when that was last heard of (seconds since the epoch).
    """

    id: str
    status: RunStatus
    request: Request | None = None
    record: Record | None = None
    reason: str = ""
    rank: int = 0
    newer: bool = False
    silent_since: float | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def live(self) -> bool:
        """Whether it is known to wait or to train."""
        return self.status in LIVE

    @property
    def useless(self) -> bool:
        """Whether nothing can be made of it any more."""
        return self.status in {"died", "damaged"} and not self.newer

    @property
    def asked(self) -> Request | Record | None:
        """Where its experiment, preset, study, note and tags stand; None where none of it can be read."""
        return self.record or self.request

    @property
    def experiment(self) -> Experiment | None:
        """What is trained; None where that is damaged."""
        return None if self.asked is None else self.asked.experiment

    @property
    def measurements(self) -> frozenset[str]:
        """What was measured beside training, or is to be."""
        return frozenset() if self.asked is None else self.asked.measurements

    @property
    def backend(self) -> str:
        """What Keras runs on in it; empty where that is not known."""
        if self.record is not None:
            return self.record.backend
        return "" if self.request is None else self.request.backend
