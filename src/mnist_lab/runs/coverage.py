"""What a runs folder has of the trainings that somebody wants: used, watched, or still to be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.selection import DEFAULT_BACKEND, Candidate, first_answer, on_backend
from mnist_lab.experiments.study import Study
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.library import Changes
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.workers.placement import Placement


class Followed(Candidate, Protocol):
    """A run that may count, and may yet come to."""

    @property
    def ended(self) -> bool: ...


R = TypeVar("R", bound=Followed)


class RunsByTraining(Generic[R]):
    """Runs by what they train. Those of which that is not known are left out.

    Args:
        runs: Those there are to begin with.
    """

    def __init__(self, runs: Iterable[R] = ()) -> None:
        self._experiments: dict[str, Experiment] = {}
        self._found: dict[Experiment, dict[str, R]] = {}
        self.add(runs)

    def add(self, runs: Iterable[R]) -> None:
        """Take note of runs that are new or have changed."""
        for run in runs:
            if run.experiment is not None:
                self._experiments[run.id] = run.experiment
                self._found.setdefault(run.experiment, {})[run.id] = run

    def remove(self, run_ids: Iterable[str]) -> None:
        """Forget runs that are gone."""
        for run_id in run_ids:
            experiment = self._experiments.pop(run_id, None)
            if experiment is not None:
                del self._found[experiment][run_id]

    def update(self: RunsByTraining[RunSnapshot], changes: Changes) -> None:
        """Take note of what is new, changed and gone among all runs."""
        self.remove(view.id for view in changes.gone)
        self.add((*changes.new, *changes.changed))

    def of(self, experiment: Experiment, backend: str = DEFAULT_BACKEND) -> list[R]:
        """The runs of one training that count for a backend, in no order."""
        return [run for run in self._found.get(experiment, {}).values() if on_backend(run, backend)]


@dataclass(frozen=True)
class Coverage(Generic[R]):
    """Some trainings, by what has to be done for them.

    Attributes:
        used: Those that a run answers, the one that counts.
        live: Those that a run which waits or trains will answer, or one that cannot be read just now may.
        missing: Those to ask for, in the order in which they were wanted.
    """

    used: Mapping[Planned, R] = field(default_factory=dict)
    live: Mapping[Planned, R] = field(default_factory=dict)
    missing: tuple[Planned, ...] = ()


def cover(plans: Iterable[Planned], runs: RunsByTraining[R], backend: str = DEFAULT_BACKEND) -> Coverage[R]:
    """Look up trainings among runs.

    A run is of the same training where all fields of the experiment agree, the seed, the images' checksum and the
    precision among them, and the backend. Its note, tags and what is kept of it do not count. Which of several counts
    is the rule of :mod:`mnist_lab.experiments.selection`.

    Args:
        plans: What is wanted.
        runs: All that the folder has, or those of them that train one of ``plans``.
        backend: What Keras is to run on.
    """
    used: dict[Planned, R] = {}
    live: dict[Planned, R] = {}
    missing: list[Planned] = []
    for planned in plans:
        found = runs.of(planned.experiment, backend)
        answer = first_answer(found, planned.measurements)
        coming = [run for run in found if not run.ended and planned.measurements <= run.measurements]
        if answer is not None:
            used[planned] = answer
        elif coming:
            live[planned] = min(coming, key=lambda run: (run.status == "unreadable", run.id))
        else:
            missing.append(planned)
    return Coverage(used, live, tuple(missing))


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is.

    Attributes:
        study: It.
        done: Trainings that have finished or diverged.
        running: The runs that train, one a training.
        left: The other trainings, in the order of the study.
        waiting: How many of those that are left are asked for.
    """

    study: Study
    done: int
    running: tuple[RunSnapshot, ...]
    left: tuple[Experiment, ...]
    waiting: int

    @property
    def total(self) -> int:
        return self.done + len(self.running) + len(self.left)

    @property
    def under_way(self) -> bool:
        return bool(self.running) or self.waiting > 0

    def seconds_left(self, views: Sequence[RunSnapshot], placement: Placement) -> float | None:
        """Seconds that the rest of it will take, by the runs that were made here; None where that is not known."""
        return seconds_for(self.left, views, placement, self.running)


def study_progress(study: Study, runs: RunsByTraining[RunSnapshot]) -> StudyProgress:
    """How far a study is by the runs there are, of whatever they were asked for in."""
    done, waiting = 0, 0
    running: list[RunSnapshot] = []
    left: list[Experiment] = []
    for _, experiment in study.trainings():
        views = runs.of(experiment, study.backend)
        training = next((view for view in views if view.status == "running"), None)
        if first_answer(views) is not None:
            done += 1
        elif training is not None:
            running.append(training)
        else:
            left.append(experiment)
            waiting += any(view.live for view in views)
    return StudyProgress(study, done, tuple(running), tuple(left), waiting)


def under_way(studies: Sequence[Study], runs: RunsByTraining[RunSnapshot]) -> StudyProgress | None:
    """The study that most is being done for now, of equals the newest; None where nothing is."""
    standings = (study_progress(study, runs) for study in reversed(studies))
    return max(
        (found for found in standings if found.under_way),
        key=lambda found: len(found.running) + found.waiting,
        default=None,
    )
