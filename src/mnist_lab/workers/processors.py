"""The processors of a worker: leased while it computes, free for others while it is idle."""

from __future__ import annotations

from mnist_lab.machine import cores


class Processors:
    """Leases on as many processors as a worker has threads, and the pinning of its process to them.

    Args:
        threads: How many; None: it is pinned to none and needs no lease.
    """

    def __init__(self, threads: int | None) -> None:
        self._threads = threads
        self._lease: cores.ProcessorLease | None = None
        self._before = cores.affinity()
        self._last: frozenset[int] = frozenset()

    @property
    def numbers(self) -> tuple[int, ...]:
        """Those that are leased now."""
        return () if self._lease is None else tuple(sorted(self._lease.cores))

    def take(self) -> bool:
        """Lease and pin, the same as last time where they are free. Returns False where there are too few."""
        if self._threads is None or self._lease is not None:
            return True
        self._lease = cores.lease(self._threads, self._last)
        if self._lease is None:
            return False
        self._last = self._lease.cores
        cores.pin(self._last)
        return True

    def release(self) -> None:
        """Let others have them, and run anywhere."""
        if self._lease is not None:
            cores.pin(self._before)
            self._lease.release()
            self._lease = None
