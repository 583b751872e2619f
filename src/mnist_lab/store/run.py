"""A saved run as its folder shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Record, Request
from mnist_lab.store import ids

RunStatus = Literal[
    "queued", "running", "paused", "finished", "stopped", "diverged", "failed", "died", "damaged", "unreadable"
]
"""``damaged``: its files are missing, or were read and what is in them is wrong. ``unreadable``: the operating system
did not let them be read just then; the run may be waiting, training or finished, and is read again."""
LIVE: frozenset[RunStatus] = frozenset({"queued", "running", "paused"})
ENDED: frozenset[RunStatus] = frozenset({"finished", "stopped", "diverged", "failed", "died", "damaged"})


@dataclass(frozen=True)
class Run:
    """A run as its folder shows it at one moment.

    Attributes:
        id: Its id.
        status: Its status, see :data:`RunStatus`.
        request: Its request; None where that cannot be read, or where there is a record, which repeats it.
        record: Its record; None where it has not ended, or where the record cannot be read.
        reason: In one sentence, why it failed, diverged, died, is damaged or is unreadable, or why no worker can start
            it while it waits; else empty.
        rank: Its position in the queue while it waits, lower is earlier; 0 for the others.
        newer: Whether a later version wrote its record, which is then never rewritten, nor pruned.
        elsewhere: Whether its worker is on another host, or otherwise out of sight.
        silent_since: The time of the last heartbeat of such a run (seconds since the epoch), where nothing else is
            known of it and that was a while ago (:data:`~mnist_lab.store.leases.SILENT_SECONDS`); else None.
    """

    id: str
    status: RunStatus
    request: Request | None = None
    record: Record | None = None
    reason: str = ""
    rank: int = 0
    newer: bool = False
    elsewhere: bool = False
    silent_since: float | None = None

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    @property
    def live(self) -> bool:
        """Whether it is known to wait or to train."""
        return self.status in LIVE

    @property
    def waits(self) -> bool:
        """Whether it is known that no worker has taken it yet."""
        return self.status == "queued" or (self.status == "paused" and self.rank != 0)

    @property
    def put_first(self) -> bool:
        """Whether it waits before runs that were requested earlier."""
        return self.waits and self.rank < ids.milliseconds(self.id)

    @property
    def useless(self) -> bool:
        """Whether it died or is damaged, so that :meth:`Store.prune` removes it."""
        return self.status in {"died", "damaged"} and not self.newer

    @property
    def spec(self) -> Request | Record | None:
        """Its record or else its request, which both have experiment, preset, study, note and tags."""
        return self.record or self.request

    @property
    def experiment(self) -> Experiment | None:
        """What it trains; None where neither request nor record can be read."""
        return None if self.spec is None else self.spec.experiment

    @property
    def measurements(self) -> frozenset[str]:
        """Names of the additional measurements that were or will be taken."""
        return frozenset() if self.spec is None else self.spec.measurements

    @property
    def backend(self) -> str:
        """Keras's backend; empty where that is not known."""
        if self.record is not None:
            return self.record.backend
        return "" if self.request is None else self.request.backend
