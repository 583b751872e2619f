"""The study that trains now, kept up with as runs come and change."""

from __future__ import annotations

from mnist_lab.render.studies import study_line
from mnist_lab.runs.coverage import RunsByTraining, under_way
from mnist_lab.runs.progress import RunView
from mnist_lab.store import Store, studies


class StudyWatch:
    """Costs what has changed. Not for two threads at once."""

    def __init__(self, store: Store) -> None:
        self._shelf = studies.Shelf(store)
        self._runs: RunsByTraining[RunView] = RunsByTraining()

    def line(self, views: dict[str, RunView]) -> str:
        """How far the study is that most is being done for; empty where nothing is."""
        known = self._shelf.studies()
        if not known or not any(view.live for view in views.values()):
            return ""
        self._runs.update(views)
        found = under_way(known, self._runs)
        if found is None:
            return ""
        return study_line(found, found.seconds_left(list(views.values())))
