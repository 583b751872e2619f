"""Runs seen from outside: what their journals say, folded into one value each that a frontend can draw."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from mnist_lab.experiments.events import Ended, EpochEnded, Event, Paused, PhaseStarted, Progressed, Resumed
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.presets import label_of
from mnist_lab.experiments.record import METRICS, History, Record
from mnist_lab.store import Run, RunStatus, Store
from mnist_lab.store.folder_sweep import FolderSweep
from mnist_lab.store.journal import JournalReader

_TRAINING_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class RunSnapshot:
    """A run at one moment, as far as it can be known without asking its worker.

    Two views are equal only if they are the same object: a view in which nothing has changed stays the same one, and
    field by field a view whose loss is NaN would not equal itself.

    Attributes:
        run: The run as its folder shows it; its status and reason as the journal has gone on since.
        label: What to call it among others.
        phase: What it is doing where it is not training steps: ``importing``, ``compiling``, …; else empty.
        epoch: The epoch it is in, from 1; 0 before the first.
        step, steps: Steps done of that epoch.
        loss, accuracy: Running means of that epoch.
        history: One value an ended epoch and metric.
        seconds: Of each ended epoch.
    """

    run: Run
    label: str
    phase: str = ""
    epoch: int = 0
    step: int = 0
    steps: int = 0
    loss: float = math.nan
    accuracy: float = math.nan
    history: History = field(default_factory=lambda: {metric: [] for metric in METRICS})
    seconds: tuple[float, ...] = ()

    @property
    def id(self) -> str:
        return self.run.id

    @property
    def status(self) -> RunStatus:
        return self.run.status

    @property
    def ended(self) -> bool:
        return self.run.ended

    @property
    def reason(self) -> str:
        """Why it ended as it did, where that needs saying, why it cannot be read just now, or cannot be started."""
        return self.run.reason

    @property
    def rank(self) -> int:
        """Its position in the queue while it waits: lower is earlier."""
        return self.run.rank

    @property
    def silent_since(self) -> float | None:
        """For a run on another host that is silent, when that was last heard of (seconds since the epoch)."""
        return self.run.silent_since

    @property
    def backend(self) -> str:
        """What Keras runs on; empty where that is not known."""
        return self.run.backend

    @property
    def record(self) -> Record | None:
        """Its record, once it has one."""
        return self.run.record

    @property
    def study(self) -> str | None:
        """The section or study it was asked for in."""
        return None if self.run.spec is None else self.run.spec.study

    @property
    def experiment(self) -> Experiment | None:
        """What is trained; None where the request was never read, or is damaged."""
        return self.run.experiment

    @property
    def measurements(self) -> frozenset[str]:
        """The names of what was measured besides loss and accuracy, or is to be."""
        return self.run.measurements

    @property
    def epochs_done(self) -> int:
        return len(self.history["val_loss"])

    @property
    def live(self) -> bool:
        """Whether it is known to wait or to train."""
        return self.run.live

    @property
    def done(self) -> float:
        """How much of the training is done, 0 to 1, if it runs to its last epoch."""
        if self.experiment is None:
            return 0.0
        if self.status == "finished":
            return 1.0
        within = self.step / self.steps if self.steps and self.epoch > self.epochs_done else 0.0
        return min(1.0, (self.epochs_done + within) / self.experiment.epochs)

    @property
    def seconds_left(self) -> float | None:
        """Seconds that training has left if it runs to its last epoch at its speed so far; None before the first."""
        if self.experiment is None or not self.seconds or self.status != "running":
            return None
        per_epoch = sorted(self.seconds)[len(self.seconds) // 2]
        return (1 - self.done) * self.experiment.epochs * per_epoch

    @property
    def best_epoch(self) -> int | None:
        """The epoch that was kept, or so far the one with the lowest ``val_loss``, from 1."""
        if self.record is not None and self.record.best_epoch is not None:
            return self.record.best_epoch
        losses = self.history["val_loss"]
        finite = [loss for loss in losses if math.isfinite(loss)]
        return losses.index(min(finite)) + 1 if finite else None

    @property
    def stopped_early(self) -> bool:
        return self.record is not None and self.record.stopped_early

    def up_to(self, epoch: int) -> RunSnapshot:
        """This view as it was when an epoch had just ended."""
        history: History = {metric: values[:epoch] for metric, values in self.history.items()}
        return replace(self, history=history, seconds=self.seconds[:epoch])

    def after(self, event: Event) -> RunSnapshot:
        """This view once an event has happened."""
        match event:
            case PhaseStarted(phase=phase):
                return replace(self, phase="" if phase == "training" else phase)
            case Progressed():
                return replace(
                    self,
                    phase="",
                    epoch=event.epoch,
                    step=event.step,
                    steps=event.steps,
                    loss=event.loss,
                    accuracy=event.accuracy,
                )
            case EpochEnded():
                if event.epoch > self.epochs_done + 1:
                    return self  # somebody wrote it there: a worker's epochs follow one another
                before = event.epoch - 1  # a training that has started again comes to an epoch once more
                history: History = {
                    metric: [*self.history[metric][:before], getattr(event, metric)] for metric in METRICS
                }
                seconds = *self.seconds[:before], event.seconds
                return replace(self, phase="", epoch=event.epoch, history=history, seconds=seconds)
            case Paused():
                return replace(self, run=replace(self.run, status="paused"))
            case Resumed():
                return replace(self, run=replace(self.run, status="running"))
            case Ended(reason=reason):
                return replace(self, run=replace(self.run, reason=reason), phase="saving")

    @classmethod
    def of(cls, run: Run) -> RunSnapshot:
        """A run as its folder shows it."""
        return cls(run, label_of_run(run), **_recorded(run))

    def at(self, run: Run) -> RunSnapshot:
        """This snapshot brought in line with the run's folder; the same object where nothing in it differs."""
        if run.spec is None and not run.ended:  # what is known of a run stays known while its request cannot be read
            run = replace(run, request=self.run.request)
        shown: dict[str, Any] = {
            "run": run,
            "label": label_of_run(run) if self.label == _UNKNOWN else self.label,
            "phase": "" if run.ended else self.phase,
            **_recorded(run),
        }
        if all(getattr(self, name) == value for name, value in shown.items()):
            return self
        return replace(self, **shown)


_UNKNOWN = "?"
"""What a run is called while what was asked for is not known."""


def _recorded(run: Run) -> dict[str, Any]:
    """What a run's record says of its progress, by the attributes of :class:`RunSnapshot`; empty without a record."""
    record = run.record
    if record is None:
        return {}
    return {
        "history": {metric: record.history.get(metric, []) for metric in METRICS},
        "seconds": record.seconds.per_epoch,
        "epoch": record.epochs_run,
    }


def label_of_run(run: Run) -> str:
    """What to call a run among others."""
    return _UNKNOWN if run.spec is None else label_of(run.spec.experiment, run.spec.preset)


def read_run(store: Store, run_id: str) -> Run:
    """A run as it stands; one that somebody has removed is damaged, and says so."""
    try:
        return store.read(run_id)
    except FileNotFoundError:
        return Run(run_id, "damaged", reason="It was removed.")


class JournalFollower:
    """Follows some runs by polling: each poll costs what has changed.

    Runs that wait are read only where their folders have changed (:class:`~mnist_lab.store.folder_sweep.FolderSweep`).
    Of those that train, a poll reads 64 at most, in turns.
    """

    def __init__(self, store: Store, labels: dict[str, str]) -> None:
        self._store = store
        self._journals: dict[str, JournalReader] = {}
        self._waiting = FolderSweep(store.root)
        self._training: dict[str, None] = {}
        """Those that neither wait nor have ended, the one that was read longest ago first."""
        self.views: dict[str, RunSnapshot] = {}
        self.changed: set[str] = set()
        """The runs whose view is another one since whoever reads this has last cleared it."""
        for run_id, label in labels.items():
            self._follow(RunSnapshot(Run(run_id, "queued"), label), known=False)

    def add(self, view: RunSnapshot) -> None:
        """Follow one more run, whose view was made a moment ago."""
        self._follow(view, known=True)

    def drop(self, run_id: str) -> None:
        """Follow a run no longer."""
        self.views.pop(run_id, None)
        self._journals.pop(run_id, None)
        self.changed.discard(run_id)
        self._sort(run_id)

    def poll(self) -> list[tuple[str, Event]]:
        """Bring :attr:`views` up to date.

        Returns:
            The events that are new, each with its run's id, in the order of each run.
        """
        news: list[tuple[str, Event]] = []
        for run_id in [*self._waiting.changed(), *islice(self._training, _TRAINING_AT_ONCE)]:
            before = view = self.views[run_id]
            run = read_run(self._store, run_id)  # before the journal: what a run that has ended wrote is then all there
            journal = self._journals[run_id]
            if run.waits and run_id in self._training and not view.run.waits:  # a worker has given it back
                journal = self._journals[run_id] = JournalReader(self._store.journal_path(run_id))
                view = RunSnapshot(run, view.label)
            events = journal.read()
            if journal.restarted:  # it was given up, and is trained again
                view = RunSnapshot(view.run, view.label)
            for event in events:
                view = view.after(event)
                news.append((run_id, event))
            self.views[run_id] = view.at(run)
            if self.views[run_id] is not before:
                self.changed.add(run_id)
            self._sort(run_id)
        return news

    @property
    def ended(self) -> bool:
        """Whether none of the runs will change any more."""
        return not self._training and not self._waiting

    def _follow(self, view: RunSnapshot, *, known: bool) -> None:
        self.views[view.id] = view
        self._journals[view.id] = JournalReader(self._store.journal_path(view.id))
        self._sort(view.id, known=known)

    def _sort(self, run_id: str, *, known: bool = True) -> None:
        """Note whether a run waits, trains, or is not to be read any more."""
        view = self.views.get(run_id)
        self._training.pop(run_id, None)
        if view is not None and view.run.waits:
            self._waiting.add(run_id, known=known)
            return
        self._waiting.discard(run_id)
        if view is not None and not view.ended:
            self._training[run_id] = None


def total_done(views: Iterable[RunSnapshot]) -> float:
    """How much of several runs together is done, 0 to 1, each weighed by its epochs."""
    known = [view for view in views if view.experiment is not None]
    epochs = sum(view.experiment.epochs for view in known if view.experiment)
    return sum(view.done * view.experiment.epochs for view in known if view.experiment) / epochs if epochs else 0.0
