"""What `run` prints of a study: what of it is used, how far it is, and its verdict in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mnist_lab.analysis.statistics import verdicts
from mnist_lab.analysis.statistics.verdicts import judge_study
from mnist_lab.commands.output import narrate, out
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.study import Study
from mnist_lab.render.studies import study_line
from mnist_lab.render.study_table import study_table
from mnist_lab.runs.coverage import RunsByTraining, study_progress
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.runs.study_requests import StudyRequest
from mnist_lab.store import Run
from mnist_lab.workers.placement import Placement


class StudyPrinter:
    """Prints a study that was asked for.

    Args:
        asked: What was asked for, and what of it was there.
        study: The study, as it is kept now.
        placement: How trainings are divided among workers here, to estimate how long the rest will take.
    """

    def __init__(self, asked: StudyRequest, study: Study, placement: Placement) -> None:
        self._asked = asked
        self._study = study
        self._placement = placement
        self._views = {run.id: RunSnapshot.of(run) for run in asked.known}
        self._runs = RunsByTraining(self._views.values())

    def announce(self) -> None:
        """Say how many of the trainings are used, watched and trained."""
        coverage = self._asked.coverage
        used, live, new = len(coverage.used), len(coverage.live), len(self._asked.requested)
        if not live and not new:
            text = f"all {used} trainings are saved; nothing is left to train"
        else:
            unreadable = sum(run.status == "unreadable" for run in coverage.live.values())
            text = f"{used + live + new} trainings, of which {used} are saved and used, "
            text += f"{live - unreadable} are in progress already, " if live > unreadable else ""
            text += f"{unreadable} cannot be read just now, " if unreadable else ""
            text += f"{new} are trained now"
        narrate(f"Study {self._study.id}: {text}.")

    def line(self, views: Mapping[str, RunSnapshot]) -> str:
        """How far the whole study is, by what was there before and the runs that are watched."""
        self._views |= views
        self._runs.add(views.values())
        now = study_progress(self._study, self._runs)
        return study_line(now, now.seconds_left(list(self._views.values()), self._placement))

    def runs(self, ended: Iterable[Run]) -> list[Run]:
        """Those of all trainings that were wanted, in the order of the study, the ones that were used among them."""
        slots = {experiment: slot for slot, (_, experiment) in enumerate(self._study.trainings())}
        found = (*self._asked.coverage.used.values(), *ended)
        return sorted(found, key=lambda run: slots[run.experiment] if run.experiment else len(slots))

    def show(self, ended: Iterable[Run]) -> None:
        """Print the study's table."""
        out().print(study_table(judge_study(self._study, self._records(ended))), crop=False)

    def as_json(self, ended: Iterable[Run]) -> dict[str, Any]:
        """The same as plain data."""
        return verdicts.as_json(verdicts.judge_study(self._study, self._records(ended)))

    def _records(self, ended: Iterable[Run]) -> list[Record]:
        """All records there are, those of the runs that were watched included."""
        runs = {run.id: run for run in (*self._asked.known, *ended)}
        return [run.record for run in runs.values() if run.record is not None]
