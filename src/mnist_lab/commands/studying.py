"""A study as `run` makes it: what it declares and uses, how far it is, and its table in the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mnist_lab.commands.options import narrate, out
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import Backend, Record
from mnist_lab.experiments.study import Study, of_plans
from mnist_lab.render.studies import study_line
from mnist_lab.runs.coverage import Holdings, RunsByTraining, hold, standing
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.progress import RunView
from mnist_lab.store import Run, Store, studies


@dataclass
class Studying:
    """A study and what the folder has of it.

    Attributes:
        study: As it is kept now, with all seeds that were ever asked for.
        known: All runs that were there before.
        held: What of it they answer, and what is to be asked for.
    """

    study: Study
    known: Sequence[Run]
    held: Holdings[Run]
    _views: Mapping[str, RunView] = field(init=False)
    _index: RunsByTraining[RunView] = field(init=False, default_factory=RunsByTraining)

    def __post_init__(self) -> None:
        self._views = {run.id: RunView.of(run) for run in self.known}

    def announce(self) -> None:
        """Say how many of the trainings are used, watched and trained."""
        held = self.held
        count = len(held.used) + len(held.live) + len(held.missing)
        if not held.live and not held.missing:
            said = f"all {count} trainings are saved; nothing is left to train"
        else:
            said = f"{count} trainings, of which {len(held.used)} are saved and used, "
            unreadable = sum(run.status == "unreadable" for run in held.live.values())
            live = len(held.live) - unreadable
            said += f"{live} are under way already, " if live else ""
            said += f"{unreadable} cannot be read just now, " if unreadable else ""
            said += f"{len(held.missing)} are trained now"
        narrate(f"Study {self.study.id}: {said}.")

    def told(self, views: Mapping[str, RunView]) -> str:
        """How far the whole study is, by what was there before and the runs that are watched."""
        views = {**self._views, **views}
        self._index.update(views)
        now = standing(self.study, self._index)
        return study_line(now, seconds_for(now.left, list(views.values()), now.running))

    def runs(self, ended: Iterable[Run]) -> list[Run]:
        """Those of all trainings that were wanted, in the order of the study, the ones that were used among them."""
        order = {experiment: place for place, (_, experiment) in enumerate(self.study.trainings())}
        found = (*self.held.used.values(), *ended)
        return sorted(found, key=lambda run: order[run.asked.experiment] if run.asked else len(order))

    def show(self, runs: Iterable[Run]) -> None:
        """Print the study's table."""
        from mnist_lab.analysis.statistics.verdicts import judge_study
        from mnist_lab.render.study_table import study_table

        out().print(study_table(judge_study(self.study, self._records(runs))), crop=False)

    def as_json(self, runs: Iterable[Run]) -> dict[str, Any]:
        """The same as plain data."""
        from mnist_lab.analysis.statistics import verdicts

        return verdicts.as_json(verdicts.judge_study(self.study, self._records(runs)))

    def _records(self, runs: Iterable[Run]) -> list[Record]:
        """All records there are, those of the runs that were watched included."""
        found = {run.id: run for run in (*self.known, *runs)}
        return [run.record for run in found.values() if run.record is not None]


def begin(
    store: Store, arms: Sequence[Planned], plans: Sequence[Planned], backend: Backend, *, fresh: bool, **stated: Any
) -> Studying:
    """Declare a study, and look up what the folder has of it.

    Args:
        store: The folder.
        arms: Each arm once.
        plans: What of it is wanted now: arms with seeds.
        backend: What Keras runs on.
        fresh: Use nothing that is there.
        stated: As of :func:`mnist_lab.experiments.study.of_plans`.

    Raises:
        StoreError: It could not be written.
    """
    seeds = sorted({planned.experiment.seed for planned in plans})
    study = studies.declare(store, of_plans(arms, seeds, backend, **stated))
    known = store.runs()
    return Studying(
        study, known, Holdings(missing=tuple(plans)) if fresh else hold(plans, RunsByTraining(known), backend)
    )
