"""The training loop: an experiment becomes a stream of events and, at its end, an outcome."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mnist_lab.events import EpochEnded, Event, Phase, PhaseStarted, Progressed
from mnist_lab.record import METRICS, History, Metric, Model, Result, Seconds
from mnist_lab.training import ending, initial
from mnist_lab.training.callbacks import KerasCallbacks, NoCallbacks
from mnist_lab.training.early_stopping import EarlyStopping, Watch
from mnist_lab.training.ending import Ending
from mnist_lab.training.pace import Pace
from mnist_lab.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from mnist_lab.dataset import Split
    from mnist_lab.experiment import Experiment
    from mnist_lab.training.engine import Engine, Session, Weights

SECONDS_PER_CALL = 0.25


@dataclass(frozen=True)
class Outcome:
    """How a training ended, and what it leaves."""

    status: ending.Status
    reason: str
    history: History
    epochs_run: int
    """Whole epochs, and the one in which it diverged."""
    best_epoch: int | None
    """Counted from 1; None without early stopping."""
    stopped_early: bool
    result: Result
    seconds: Seconds
    model: Model
    weights: Weights
    """Of the kept epoch; of the step it was stopped at, where no best epoch is kept instead."""
    probabilities: NDArray[np.float16]
    """Of the test images, (images, 10)."""
    digits: NDArray[np.uint8]
    """The most probable class of each test image, (images,)."""


class Training:
    """One training, driven by whoever pulls :meth:`events`; not pulling is pausing, and costs no figure a second.

    Args:
        experiment: What to train.
        split: The images to train on, to watch, and to judge by.
        engine: Where to train.
        callbacks: Keras callbacks; they see epochs, not batches.
        now: Seconds since the epoch, for the events.
        clock: Seconds from anywhere, for durations.
        seconds_per_call: How long one compiled call is to take; it changes no bit of the outcome.
    """

    def __init__(
        self,
        experiment: Experiment,
        split: Split,
        engine: Engine,
        *,
        callbacks: Sequence[Any] = (),
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.perf_counter,
        seconds_per_call: float = SECONDS_PER_CALL,
    ) -> None:
        self._experiment = experiment
        self._split = split
        self._engine = engine
        self._user_callbacks = callbacks
        self._now = now
        self._pace = Pace(seconds_per_call)
        self._stopwatch = Stopwatch(clock)
        self._stop_asked = False

        self._rule = EarlyStopping.of(experiment)
        self._watch = Watch()
        self._best_weights: Weights | None = None
        self._history: History = {metric: [] for metric in METRICS}
        self._per_epoch: list[float] = []
        self._unfinished: tuple[float, float] | None = None
        self._ending: Ending | None = None
        self._outcome: Outcome | None = None

    def stop(self) -> None:
        """Ask for an end after the compiled call that is running; pull on for the outcome."""
        self._stop_asked = True

    @property
    def outcome(self) -> Outcome:
        """What came of it.

        Raises:
            RuntimeError: The events have not been pulled to their end.
        """
        if self._outcome is None:
            raise RuntimeError("A training has an outcome once its events are exhausted.")
        return self._outcome

    def events(self) -> Iterator[Event]:
        """Train: each event is a thing that has just happened, or a phase that begins now."""
        yield self._started("loading")
        with self._stopwatch.lap("compile"):
            session = self._engine.open(self._experiment, self._split)
        if not session.compiled:
            yield self._started("compiling")
            with self._stopwatch.lap("compile"):
                session.compile()
        yield self._started("training")
        if self._stop_asked:
            self._ending = Ending("stopped", "Stopped before the first step.")
        callbacks = self._callbacks(session)
        callbacks.train_began()
        while self._ending is None:
            yield from self._epoch(session, callbacks)
        if self._best_weights is not None:
            session.set_weights(self._best_weights)
        callbacks.train_ended()
        yield self._started("evaluating")
        self._outcome = self._conclude(session, self._ending)

    def _epoch(self, session: Session, callbacks: NoCallbacks) -> Iterator[Event]:
        epoch = len(self._per_epoch) + 1
        before = self._stopwatch.total("train", "evaluate")
        with self._stopwatch.lap("train"):
            callbacks.epoch_began(epoch)
            order = initial.order(len(self._split.x_train), self._experiment.batch_size, self._experiment.seed, epoch)
        step, steps = 0, len(order)
        while step < steps:
            count = self._pace.next(steps - step)
            with self._stopwatch.lap("train"):
                session.train_steps(order, step, step + count)
                loss, accuracy = session.running()
            self._pace.took(count, self._stopwatch.last)
            step += count
            yield Progressed(at=self._now(), epoch=epoch, step=step, steps=steps, loss=loss, accuracy=accuracy)
            if not math.isfinite(loss):
                break
            if self._stop_asked and step < steps:
                self._unfinished = loss, accuracy
                self._ending = Ending("stopped", f"Stopped in epoch {epoch}, after step {step} of {steps}.")
                return

        with self._stopwatch.lap("evaluate"):
            val_loss, val_accuracy = session.evaluate("val")
        # In the order of the logs of ``fit``.
        logs: dict[Metric, float] = {
            "accuracy": accuracy,
            "loss": loss,
            "val_accuracy": val_accuracy,
            "val_loss": val_loss,
        }
        for metric, value in logs.items():
            self._history[metric].append(value)
        with self._stopwatch.lap("train"):
            self._watch_for_best(session, logs)
            callbacks.epoch_ended(epoch, logs)
        seconds = self._stopwatch.total("train", "evaluate") - before
        self._per_epoch.append(seconds)
        yield EpochEnded(at=self._now(), epoch=epoch, seconds=seconds, **logs)
        self._ending = self._ending_after(epoch, logs, callbacks)

    def _watch_for_best(self, session: Session, logs: dict[Metric, float]) -> None:
        if self._rule is None:
            return
        self._watch = self._rule.after(self._watch, logs[self._rule.monitor])
        if self._rule.restore_best and self._watch.best_epoch == self._watch.epoch:
            self._best_weights = session.get_weights()

    def _ending_after(self, epoch: int, logs: dict[Metric, float], callbacks: NoCallbacks) -> Ending | None:
        if diverged := ending.diverged(epoch, logs["loss"], logs["val_loss"]):
            return diverged
        if self._rule is not None and self._watch.stop:
            return ending.patience_lost(self._rule.monitor, self._watch)
        if callbacks.stop:
            return Ending("finished", f"A callback stopped it after epoch {epoch}.", early=True)
        if epoch == self._experiment.epochs:
            return Ending("finished")
        if self._stop_asked:
            return Ending("stopped", f"Stopped after epoch {epoch}.")
        return None

    def _conclude(self, session: Session, how: Ending) -> Outcome:
        with self._stopwatch.lap("evaluate"):
            probabilities = session.predict("test")
            result = self._result(session)
        digits = probabilities.argmax(axis=1).astype(np.uint8)
        return Outcome(
            status=how.status,
            reason=how.reason,
            history=self._history,
            epochs_run=len(self._per_epoch),
            best_epoch=self._watch.best_epoch,
            stopped_early=how.early,
            result=result.model_copy(update={"test_accuracy": float((digits == self._split.y_test).mean())}),
            seconds=Seconds(
                compile=self._stopwatch.total("compile"),
                train=self._stopwatch.total("train"),
                evaluate=self._stopwatch.total("evaluate"),
                per_epoch=tuple(self._per_epoch),
            ),
            model=Model(parameters=session.parameters, layers=session.layers),
            weights=session.get_weights(),
            probabilities=probabilities.astype(np.float16),
            digits=digits,
        )

    def _result(self, session: Session) -> Result:
        """Figures of the weights in the session: those of a whole epoch are known, others are looked at again."""
        kept: dict[Metric, float] = {}
        if self._best_weights is not None and self._watch.best_epoch is not None:
            kept = {metric: values[self._watch.best_epoch - 1] for metric, values in self._history.items()}
        elif self._unfinished is not None:
            kept["loss"], kept["accuracy"] = self._unfinished
        elif self._per_epoch:
            kept = {metric: values[-1] for metric, values in self._history.items()}
        # A callback may have changed the weights.
        if "val_loss" not in kept or self._user_callbacks:
            kept["val_loss"], kept["val_accuracy"] = session.evaluate("val")
        return Result(**kept)

    def _callbacks(self, session: Session) -> NoCallbacks:
        if not self._user_callbacks:
            return NoCallbacks()
        steps = initial.steps(len(self._split.x_train), self._experiment.batch_size)
        return KerasCallbacks(self._user_callbacks, session.model, self._experiment.epochs, steps)

    def _started(self, phase: Phase) -> PhaseStarted:
        return PhaseStarted(at=self._now(), phase=phase)
