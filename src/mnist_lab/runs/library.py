"""An incrementally refreshed cache of all runs, and what changes in it from one refresh to the next."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from mnist_lab.runs.progress import JournalFollower, RunSnapshot
from mnist_lab.store import Store
from mnist_lab.store.folder_watch import FolderListing
from mnist_lab.store.frozen_gc import frozen_gc

_PACE_SECONDS = 0.5
"""Seconds between two notices of mere progress (steps and epochs). Every other change is passed on at once."""


@dataclass(frozen=True)
class Changes:
    """What is new, changed and gone among all runs since the refresh before.

    Whoever keeps something of all runs takes these, at the price of what has changed. False where nothing has.

    Attributes:
        new: Runs that were not there, as they are.
        changed: Runs that were, as they are now.
        gone: Runs that are there no longer, as they were.
    """

    new: Sequence[RunSnapshot] = ()
    changed: Sequence[RunSnapshot] = ()
    gone: Sequence[RunSnapshot] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)


class Library:
    """All runs of a store.

    Only those that have not ended are read again; ten thousand ended ones cost one listing of their folder.
    Not for two threads at once.

    Args:
        store: The runs folder.
        min_interval: Seconds; see :class:`~mnist_lab.store.folder_watch.FolderWatch`.

    Example:
        >>> library = Library(store)
        >>> while True:
        ...     changes = library.refresh()
        ...     if changes:
        ...         show(library.views)
        ...     time.sleep(0.05)
    """

    def __init__(self, store: Store, min_interval: float = 0.0) -> None:
        self.store = store
        self.views: dict[str, RunSnapshot] = {}
        """Every run by id, in the order they were asked for. Replaced, never changed, when something is new."""
        self._follower = JournalFollower(store, {})
        self._listing = FolderListing(store.root, store.ids, min_interval)
        self._passed_on_at = -math.inf

    def refresh(self) -> Changes:
        """Bring :attr:`views` up to date. Returns what has changed in them.

        Cheap enough to be called twenty times a second. Runs that only progress are passed on twice a second.

        Raises:
            StoreError: The folder cannot be read.
        """
        new, gone = self._listed()
        self._follower.poll()
        followed = self._follower.views
        new |= {run_id: followed[run_id] for run_id in new.keys() & followed.keys()}
        changed = [followed[run_id] for run_id in sorted(self._follower.changed) if run_id in self.views]
        if not new and not gone and not self._worth_passing_on(changed):
            return Changes()
        self._follower.changed.clear()
        for view in (*new.values(), *changed):
            if view.ended:
                self._follower.drop(view.id)
        views = self.views | new | {view.id: view for view in changed}
        if new or gone:
            left = {view.id for view in gone}
            views = {run_id: views[run_id] for run_id in sorted(views) if run_id not in left}
        self.views = views
        self._passed_on_at = time.monotonic()
        return Changes(list(new.values()), changed, gone)

    def reread(self, run_id: str) -> Changes:
        """Look at a run again whose record was changed from here."""
        found = self._read([run_id]) if run_id in self.views else {}
        self.views = self.views | found
        return Changes(changed=list(found.values()))

    def _worth_passing_on(self, changed: Sequence[RunSnapshot]) -> bool:
        """Whether to pass some snapshots on now: at once, unless they only progress; then twice a second."""
        if all(_goes_on(self.views[view.id], view) for view in changed):
            return bool(changed) and time.monotonic() - self._passed_on_at >= _PACE_SECONDS
        return True

    def _listed(self) -> tuple[dict[str, RunSnapshot], list[RunSnapshot]]:
        """The runs that have come, and those that have gone and are followed no longer."""
        try:
            come, left = self._listing.changes(self.views)
        except OSError:  # no folder any more, or none yet
            return {}, []
        for run_id in left:
            self._follower.drop(run_id)
        return self._read(come), [self.views[run_id] for run_id in left]

    def _read(self, ids: Sequence[str]) -> dict[str, RunSnapshot]:
        """Runs as their folders show them, without those that are no longer there; what has not ended is followed."""
        with frozen_gc(len(ids)):
            views = {run.id: RunSnapshot.of(run) for run in self.store.read_many(ids)}
        for view in views.values():
            if not view.ended:
                self._follower.add(view)
        return views


def _goes_on(before: RunSnapshot, now: RunSnapshot) -> bool:
    """Whether a run does what it did before, and only has come further."""
    return _doing(before) == _doing(now)


def _doing(view: RunSnapshot) -> tuple[object, ...]:
    return view.status, view.phase, view.epochs_done > 0, view.rank, view.reason
