"""The study that trains now, in a line."""

from __future__ import annotations

from collections.abc import Mapping

from mnist_lab.render.studies import study_line
from mnist_lab.runs.coverage import RunsByTraining, under_way
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store
from mnist_lab.store.studies import StudyCache
from mnist_lab.workers.placement import Placement


class StudyWatch:
    """Tells how far the study is that trains now. Not for two threads at once.

    Args:
        store: The runs folder, with its studies.
        runs: All runs by what they train, kept up to date by whoever gives them.
    """

    def __init__(self, store: Store, runs: RunsByTraining[RunSnapshot]) -> None:
        self._shelf = StudyCache(store)
        self._runs = runs

    def line(self, views: Mapping[str, RunSnapshot], placement: Placement) -> str:
        """How far the study is that most is being done for; empty where nothing is."""
        known = self._shelf.studies()
        if not known or not any(view.live for view in views.values()):
            return ""
        found = under_way(known, self._runs)
        return "" if found is None else study_line(found, found.seconds_left(list(views.values()), placement))
