"""A runs folder kept up with: every run as it stands, at the price of what has changed."""

from __future__ import annotations

import math
import time

from mnist_lab.runs.progress import Follower, RunView
from mnist_lab.store import Store
from mnist_lab.store.folder_watch import FolderStamp
from mnist_lab.store.frozen_gc import staying

_PACE_SECONDS = 0.5
"""How often what only goes on, step by step and epoch by epoch, is passed on. Everything else is at once."""


class Library:
    """All runs of a store.

    Only those that have not ended are looked at again; ten thousand ended ones cost one look at their folder.
    Not for two threads at once.

    Args:
        store: It.
        again: See :class:`~mnist_lab.store.folder_watch.FolderStamp`.
    """

    def __init__(self, store: Store, again: float = 0.0) -> None:
        self.store = store
        self.views: dict[str, RunView] = {}
        """Every run by id, in the order they were asked for. Replaced, never changed, when something is new."""
        self._follower = Follower(store, {})
        self._stamp = FolderStamp(store.root, again)
        self._passed_on_at = -math.inf

    def refresh(self) -> bool:
        """Bring :attr:`views` up to date. Returns whether anything is new.

        Cheap enough to be called twenty times a second. Runs that go on as they did are passed on twice a second.
        """
        views = self.views
        if self._folder_changed():
            views = self._listed(self.store.ids())
        self._follower.poll()
        followed = self._follower.views
        changed = {run_id: view for run_id, view in followed.items() if views.get(run_id) is not view}
        if views is self.views and not self._worth_passing_on(changed):
            return False
        for run_id in [run_id for run_id, view in followed.items() if view.ended]:
            self._follower.drop(run_id)
        self.views = views | changed
        self._passed_on_at = time.monotonic()
        return True

    def _worth_passing_on(self, changed: dict[str, RunView]) -> bool:
        """Whether to tell of some views now: at once, unless they only go on; then at a steady pace."""
        if all(_goes_on(self.views.get(run_id), view) for run_id, view in changed.items()):
            return bool(changed) and time.monotonic() - self._passed_on_at >= _PACE_SECONDS
        return True

    def reread(self, run_id: str) -> None:
        """Look at a run again whose record was changed from here."""
        self.views = self.views | self._read([run_id])

    def _listed(self, ids: list[str]) -> dict[str, RunView]:
        """The views of these runs; the very same as before where no run has come or gone."""
        known = self.views
        gone = known.keys() - ids
        for run_id in gone:
            self._follower.drop(run_id)
        new = self._read([run_id for run_id in ids if run_id not in known])
        if not gone and not new:
            return known
        views = known | new
        return {run_id: views[run_id] for run_id in ids if run_id in views}

    def _read(self, ids: list[str]) -> dict[str, RunView]:
        """Runs as their folders show them, without those that are no longer there; what has not ended is followed."""
        with staying(len(ids)):
            views = {run.id: RunView.of(run) for run in self.store.read_many(ids)}
        for view in views.values():
            if not view.ended:
                self._follower.add(view)
        return views

    def _folder_changed(self) -> bool:
        try:
            return self._stamp.may_have_changed()
        except OSError:
            return False


def _goes_on(before: RunView | None, now: RunView) -> bool:
    """Whether a run does what it did before, and only has come further."""
    return before is not None and _standing(before) == _standing(now)


def _standing(view: RunView) -> tuple[object, ...]:
    return view.status, view.phase, view.epochs_done > 0, view.rank, view.reason
