"""The queue of a runs folder: which runs wait for a worker, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from mnist_lab.store import leases
from mnist_lab.store.folder_sweep import FolderSweep
from mnist_lab.store.folder_watch import FolderListing
from mnist_lab.store.frozen_gc import frozen_gc
from mnist_lab.store.run import Run
from mnist_lab.store.runs import Store

_LIST_SECONDS = 0.1


def waiting(store: Store) -> list[Run]:
    """The runs that wait for a worker and are not paused, in the order of the queue."""
    return Queue(store).waiting()


class Queue:
    """The runs that wait or train, read again only where their folders have changed.

    Not for two threads at once. Ten thousand waiting runs cost a look a few milliseconds while nothing changes; then
    it takes up to seven seconds until a change to one of them is seen. New runs are seen at once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listing = FolderListing(store.root, store.ids, _LIST_SECONDS)
        self._seen: set[str] = set()
        self._runs: dict[str, Run] = {}
        """Those that have been read and have not ended."""
        self._taken: set[str] = set()
        """Those that are not known to wait."""
        self._sweep = FolderSweep(store.root)
        self._places: dict[str, tuple[int, str]] = {}
        """Of those that wait and are not paused, what they are sorted by."""
        self._order: list[tuple[int, str]] = []
        """These in order, and former ones of runs that have gone or moved, which count no more."""
        self._is_sorted = True
        self._version = 0
        self._waiting: tuple[int, list[Run]] = (0, [])

    def look(self) -> int:
        """Look at the folder. Returns a number that is another one whenever something has changed since."""
        with suppress(FileNotFoundError):
            new, gone = self._listing.changes(self._seen)
            self._seen.difference_update(gone)
            for run_id in gone:
                self._forget(run_id)
            with frozen_gc(len(new)):
                for run_id in new:
                    self._seen.add(run_id)
                    if self._store.has_record(run_id) is not True:
                        self._sweep.add(run_id)
                for run_id in self._sweep.changed():
                    self.recheck(run_id)
        return self._version

    def in_order(self) -> Iterator[Run]:
        """The runs that wait for a worker and are not paused, in their order, as of the last look."""
        if not self._is_sorted:
            if len(self._order) > 2 * len(self._places):
                self._order = list(self._places.values())
            self._order.sort()
            self._is_sorted = True
        before = None
        for place in self._order:
            if place != before and self._places.get(place[1]) == place:
                yield self._runs[place[1]]
            before = place

    def waiting(self) -> list[Run]:
        """The runs that wait for a worker and are not paused, in their order; the same list where none has changed."""
        version = self.look()
        if version != self._waiting[0]:
            self._waiting = version, list(self.in_order())
        return self._waiting[1]

    def live(self) -> list[Run]:
        """The runs that wait or train, in the order in which they were requested.

        Those that cannot be read just now are left out and read again the next time.
        """
        self.taken()
        return [run for _, run in sorted(self._runs.items()) if run.live]

    def taken(self) -> list[Run]:
        """The runs that a worker has taken, or may have: they are read anew, for a process leaves no trace of its end.

        Those that cannot be read just now are left out.
        """
        self.look()
        found = [self.reread(run_id) for run_id in sorted(self._taken)]
        return [run for run in found if run is not None and run.live and not run.waits]

    def reread(self, run_id: str) -> Run | None:
        """Read a run that may have changed. Returns it; None where it is gone."""
        before = self._runs.get(run_id)
        try:
            run = self._store.read(run_id)
        except FileNotFoundError:
            self._forget(run_id)
            return None
        if run.ended:
            self._forget(run_id)
        elif run != before:
            self._runs[run_id] = run
            self._place(run_id)
            (self._taken.discard if run.waits else self._taken.add)(run_id)
        return run

    def recheck(self, run_id: str) -> None:
        """Note whether a run that may have changed waits, is taken, or has ended. Only one that waits is read."""
        if self._store.has_record(run_id) is True:
            self._forget(run_id)
        elif leases.is_taken(self._store.folder(run_id)):
            self._taken.add(run_id)
            if self._runs.pop(run_id, None) is not None:
                self._place(run_id)
        else:
            self.reread(run_id)

    def refuse(self, run_id: str, reason: str) -> None:
        """Note why a run that waits cannot be started, as its :attr:`Run.reason`, until its folder changes."""
        if run_id in self._runs:
            self._runs[run_id] = replace(self._runs[run_id], reason=reason)
            self._place(run_id)

    def _forget(self, run_id: str) -> None:
        self._sweep.discard(run_id)
        self._taken.discard(run_id)
        if self._runs.pop(run_id, None) is not None:
            self._place(run_id)

    def _place(self, run_id: str) -> None:
        """Note where in the queue a run is, or that it is there no more."""
        self._version += 1
        run = self._runs.get(run_id)
        if run is None or run.status != "queued":
            self._places.pop(run_id, None)
        elif self._places.get(run_id) != (run.rank, run_id):
            self._places[run_id] = run.rank, run_id
            self._order.append(self._places[run_id])
            self._is_sorted = False
