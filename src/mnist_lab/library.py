"""A runs folder kept up with: every run as it stands, at the price of what has changed."""

from __future__ import annotations

import time

from mnist_lab.following import Follower, RunView, label_of_run
from mnist_lab.store import Store

_TRUST_SECONDS = 2.0
"""A folder whose time stamp is older than this when it is read cannot have changed since without a new one."""
_RESCAN_SECONDS = 10.0


class Library:
    """All runs of a store. Only live ones are looked at again; a thousand ended ones cost nothing.

    Not for two threads at once.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.views: dict[str, RunView] = {}
        """Every run by id, in the order they were asked for. Replaced, never changed, when something is new."""
        self._follower = Follower(store, {})
        self._stamp: int | None = None
        self._scanned_at = -_RESCAN_SECONDS

    def refresh(self) -> bool:
        """Bring :attr:`views` up to date. Returns whether anything is new."""
        before = self.views
        views = dict(before)
        if self._folder_changed():
            ids = self.store.ids()
            known = set(ids)
            for gone in [run_id for run_id in views if run_id not in known]:
                del views[gone]
                self._follower.drop(gone)
            for run_id in ids:
                if run_id not in views:
                    self._add(run_id, views)
            if len(views) > 1 and list(views) != ids:
                views = {run_id: views[run_id] for run_id in ids if run_id in views}
        self._follower.poll()
        for run_id, view in list(self._follower.views.items()):
            views[run_id] = view
            if view.ended:
                self._follower.drop(run_id)
        if views.keys() == before.keys() and all(views[run_id] is before[run_id] for run_id in views):
            return False
        self.views = views
        return True

    def reread(self, run_id: str) -> None:
        """Look at a run again whose record was changed from here."""
        views = dict(self.views)
        self._add(run_id, views)
        self.views = views

    def _add(self, run_id: str, views: dict[str, RunView]) -> None:
        try:
            run = self.store.read(run_id)
        except FileNotFoundError:
            return
        view = RunView(run_id, label_of_run(run)).at(run)
        views[run_id] = view
        if not run.ended:
            self._follower.add(view)

    def _folder_changed(self) -> bool:
        try:
            stamp = self.store.root.stat().st_mtime_ns
        except OSError:
            return False
        now = time.time_ns()
        if stamp == self._stamp and time.monotonic() - self._scanned_at < _RESCAN_SECONDS:
            return False
        self._stamp = stamp if now - stamp > _TRUST_SECONDS * 1e9 else None
        self._scanned_at = time.monotonic()
        return True
