"""What a runs folder has of the trainings that somebody wants: used, watched, or still to be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import Backend
from mnist_lab.experiments.study import Study
from mnist_lab.runs.progress import RunView
from mnist_lab.store import Run

_ANSWERED = frozenset({"finished", "diverged"})
"""How a run has ended that says what came of its training."""


@dataclass(frozen=True)
class Holdings:
    """Some trainings, by what has to be done for them.

    Attributes:
        used: Those that a run answers, the first that was asked for: finished, or diverged, which is an answer too.
        live: Those that a run which waits or trains will answer, or one that cannot be read just now may.
        missing: Those to ask for, in the order in which they were wanted.
    """

    used: Mapping[Planned, Run] = field(default_factory=dict)
    live: Mapping[Planned, Run] = field(default_factory=dict)
    missing: tuple[Planned, ...] = ()


def hold(plans: Iterable[Planned], runs: Iterable[Run], backend: Backend = "tensorflow") -> Holdings:
    """Look up trainings among runs.

    A run is of the same training where all fields of the experiment agree, the seed, the images' checksum and the
    precision among them, and the backend. Its note, tags and what is kept of it do not count. Where gradient norms or
    a test curve are wanted, a run without them does not do, unless it diverged.

    Args:
        plans: What is wanted.
        runs: All that the folder has.
        backend: What Keras is to run on.
    """
    plans = list(plans)
    found: dict[Experiment, list[Run]] = {planned.experiment: [] for planned in plans}
    for run in sorted(runs, key=lambda run: (run.status == "unreadable", run.id)):
        if run.asked is not None and run.asked.experiment in found and run.backend in (backend, ""):
            found[run.asked.experiment].append(run)
    used: dict[Planned, Run] = {}
    live: dict[Planned, Run] = {}
    for planned in plans:
        fitting = [run for run in found[planned.experiment] if _answers(run, planned)]
        for into, ended in ((used, True), (live, False)):
            first = next((run for run in fitting if run.ended is ended), None)
            if first is not None:
                into[planned] = first
                break
    return Holdings(used, live, tuple(planned for planned in plans if planned not in used and planned not in live))


def _answers(run: Run, planned: Planned) -> bool:
    """Whether a run of the training is, or will be, what is wanted of it, or may be where it cannot be read."""
    if run.status == "diverged":
        return True
    if run.record is not None:
        norms, curve = run.record.gradient_norms is not None, run.record.test_history is not None
    elif run.request is not None:
        norms, curve = run.request.gradient_norms, run.request.test_curve
    else:
        return False
    measured = (norms or not planned.gradient_norms) and (curve or not planned.test_curve)
    return measured and (run.status == "finished" or not run.ended)


class RunsByTraining:
    """Runs by what they train, kept up with as they come and change."""

    def __init__(self) -> None:
        self._views: Mapping[str, RunView] = {}
        self._found: dict[Experiment, dict[str, RunView]] = {}

    def update(self, views: Mapping[str, RunView]) -> None:
        """Take note of what has come, changed or gone."""
        if self._views.keys() - views.keys():
            self._views, self._found = {}, {}
        for run_id, view in views.items():
            if view.experiment is not None and self._views.get(run_id) is not view:
                self._found.setdefault(view.experiment, {})[run_id] = view
        self._views = views

    def of(self, experiment: Experiment, backend: Backend) -> list[RunView]:
        """The runs of one training, on whatever it was if that is not known."""
        return [view for view in self._found.get(experiment, {}).values() if view.backend in (backend, "")]

    def has(self, experiment: Experiment, backend: Backend) -> bool:
        """Whether a run answers a training, or will, or may where it cannot be read just now."""
        return any(view.status in _ANSWERED or not view.ended for view in self.of(experiment, backend))


@dataclass(frozen=True)
class Standing:
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
    running: tuple[RunView, ...]
    left: tuple[Experiment, ...]
    waiting: int

    @property
    def total(self) -> int:
        return self.done + len(self.running) + len(self.left)

    @property
    def under_way(self) -> bool:
        return bool(self.running) or self.waiting > 0


def standing(study: Study, runs: RunsByTraining) -> Standing:
    """How far a study is by the runs there are, of whatever they were asked for in."""
    done, waiting = 0, 0
    running: list[RunView] = []
    left: list[Experiment] = []
    for _, experiment in study.trainings():
        views = runs.of(experiment, study.backend)
        training = next((view for view in views if view.status == "running"), None)
        if any(view.status in _ANSWERED for view in views):
            done += 1
        elif training is not None:
            running.append(training)
        else:
            left.append(experiment)
            waiting += any(view.live for view in views)
    return Standing(study, done, tuple(running), tuple(left), waiting)


def under_way(studies: Sequence[Study], runs: RunsByTraining) -> Standing | None:
    """The study that most is being done for now, of equals the newest; None where nothing is."""
    standings = (standing(study, runs) for study in reversed(studies))
    return max(
        (found for found in standings if found.under_way),
        key=lambda found: len(found.running) + found.waiting,
        default=None,
    )
