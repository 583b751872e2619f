"""Control flags of the runs that a worker trains, and of the worker itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from mnist_lab.store import Store
from mnist_lab.store.folder_sweep import FolderSweep

_READ_SECONDS = 0.05


class ControlFlags:
    """What others request of the runs that are trained together, by the position of each.

    The flags of a run are read again only where its folder has changed: 256 lanes cost no more than 64. A file system
    that does not answer leaves them as they were.

    Args:
        store: Where the runs are.
        run_ids: The runs.
        each_time: Called whenever flags are asked for, to renew heartbeats; returns whether all are to stop.
        is_lost: Whether a run has become another worker's, which stops it here.
    """

    def __init__(
        self,
        store: Store,
        run_ids: Sequence[str],
        each_time: Callable[[], bool] = lambda: False,
        is_lost: Callable[[str], bool] = lambda run_id: False,
    ) -> None:
        self._store = store
        self._run_ids = run_ids
        self._each_time = each_time
        self._is_lost = is_lost
        self._stopping = False
        self._set: dict[str, tuple[bool, bool]] = dict.fromkeys(run_ids, (False, False))
        self._sweep = FolderSweep(store.root)
        for run_id in run_ids:
            self._sweep.add(run_id)
        self._read_at = float("-inf")

    def stop(self, run: int = 0) -> bool:
        """Whether a run is to be saved as it is."""
        self._read()
        run_id = self._run_ids[run]
        return self._stopping or self._set[run_id][0] or self._is_lost(run_id)

    def pause(self, run: int = 0) -> bool:
        """Whether a run is to wait."""
        self._read()
        return self._set[self._run_ids[run]][1]

    def _read(self) -> None:
        now = time.monotonic()
        if now - self._read_at < _READ_SECONDS:
            return
        self._read_at = now
        with suppress(OSError):
            self._stopping = self._each_time()
        for run_id in self._sweep.changed():
            with suppress(OSError):
                self._set[run_id] = self._store.has_flag(run_id, "stop"), self._store.has_flag(run_id, "pause")
