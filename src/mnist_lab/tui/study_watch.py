"""The progress of the study in training, as one line."""

from __future__ import annotations

from collections.abc import Mapping

from mnist_lab.render.studies import study_line
from mnist_lab.runs.coverage import RunsByTraining, under_way
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store
from mnist_lab.store.studies import StudyCache
from mnist_lab.workers.placement import Placement


class StudyWatch:
    """Computes the progress of the study in training. Not thread-safe.

    Args:
        store: The runs folder with the studies.
        runs: All runs by what they train. The caller keeps it up to date.
    """

    def __init__(self, store: Store, runs: RunsByTraining[RunSnapshot]) -> None:
        self._studies = StudyCache(store)
        self._runs = runs

    def line(self, snapshots: Mapping[str, RunSnapshot], placement: Placement) -> str:
        """Progress of the study with the most live runs, the newest of equals; empty if no study has any."""
        known = self._studies.studies()
        if not known or not any(snapshot.live for snapshot in snapshots.values()):
            return ""
        found = under_way(known, self._runs)
        return "" if found is None else study_line(found, found.seconds_left(list(snapshots.values()), placement))
