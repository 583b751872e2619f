"""The training loop: yields the events of one training, and gives its outcome at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mnist_lab.experiments.events import Event
from mnist_lab.experiments.record import Model
from mnist_lab.training.callbacks import KerasCallbacks, NoCallbacks
from mnist_lab.training.chunk_size import SECONDS_PER_CALL, ChunkSizer
from mnist_lab.training.outcome import Outcome
from mnist_lab.training.run_state import RunState
from mnist_lab.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from mnist_lab.data.splits import Split
    from mnist_lab.experiments.experiment import Experiment
    from mnist_lab.training.engine import Engine, Session, Weights


class Training:
    """One training, driven by iterating over :meth:`events`; not iterating pauses it, which no measured time includes.

    Args:
        experiment: What to train.
        split: Training, validation and test images.
        engine: The backend to train on.
        callbacks: Keras callbacks; they are called for epochs, not for batches.
        now: Clock of the events, in seconds since the epoch.
        clock: Clock of durations, in seconds.
        seconds_per_call: Target duration of a compiled call; it does not change the outcome.
        measurements: Names of measurements to take after each epoch, see :mod:`mnist_lab.experiments.measurements`.

    Raises:
        KeyError: There is no measurement of that name.

    Example:
        >>> split = splits.split(dataset.load(), DEFAULT.protocol)
        >>> training = Training(DEFAULT, split, load_engine(), measurements=["gradient_norms"])
        >>> for event in training.events():
        ...     print(event)
        >>> training.outcome.summary.result.test_accuracy
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
        measurements: Iterable[str] = (),
    ) -> None:
        self._experiment = experiment
        self._split = split
        self._engine = engine
        self._user_callbacks = callbacks
        self._chunk_sizer = ChunkSizer(seconds_per_call)
        self._stopwatch = Stopwatch(clock)
        self._state = RunState(experiment, split, now, measurements)
        self._best_weights: Weights | None = None
        self._outcome: Outcome | None = None

    def stop(self) -> None:
        """End the training after the current compiled call; iterate to the end for the outcome."""
        self._state.stop_requested = True

    @property
    def outcome(self) -> Outcome:
        """The outcome of the training.

        Raises:
            RuntimeError: :meth:`events` is not exhausted yet.
        """
        if self._outcome is None:
            raise RuntimeError("A training has an outcome once its events are exhausted.")
        return self._outcome

    def events(self) -> Iterator[Event]:
        """Train, and yield an event after each compiled call and epoch and at the start of each phase."""
        state = self._state
        yield state.started("loading")
        with self._stopwatch.lap("compile"):
            session = self._engine.open(self._experiment, self._split)
            callbacks = self._callbacks(session)
        if not session.compiled:
            yield state.started("compiling")
            with self._stopwatch.lap("compile"):
                session.compile()
        yield state.started("training")
        state.begin()
        callbacks.train_began()
        while state.ending is None:
            yield from self._epoch(session, callbacks)
        if self._best_weights is not None:
            session.set_weights(self._best_weights)
        callbacks.train_ended()
        yield state.started("evaluating")
        self._outcome = self._conclude(session)

    def _epoch(self, session: Session, callbacks: NoCallbacks) -> Iterator[Event]:
        state, epoch = self._state, self._state.epoch
        before = self._stopwatch.total("train", "evaluate")
        with self._stopwatch.lap("train"):
            callbacks.epoch_began(epoch)
            order = state.order(epoch)
        step = 0
        while step < state.steps and not state.not_finite:
            count = self._chunk_sizer.next(state.steps - step)
            with self._stopwatch.lap("train"):
                session.train_steps(order, step, step + count)
                metrics = session.running_metrics()
            self._chunk_sizer.record(count, self._stopwatch.last)
            step += count
            yield state.progressed(step, *metrics)
            state.after_step(step)
            if state.ending is not None:
                return

        with self._stopwatch.lap("evaluate"):
            logs = state.validated(*session.evaluate("val"))
            state.measure(session)
        with self._stopwatch.lap("train"):
            if state.last_is_best:
                self._best_weights = session.get_weights()
            callbacks.epoch_ended(epoch, logs)
        yield state.epoch_ended(self._stopwatch.total("train", "evaluate") - before)
        state.after_epoch(callbacks.stop)

    def _conclude(self, session: Session) -> Outcome:
        metrics = self._state.final_metrics()
        with self._stopwatch.lap("evaluate"):
            probabilities = session.predict("test")
            # A callback may have changed the weights.
            if "val_loss" not in metrics or self._user_callbacks:
                metrics["val_loss"], metrics["val_accuracy"] = session.evaluate("val")
        model = Model(parameters=session.parameters, layers=session.layers)
        return self._state.outcome(metrics, probabilities, session.get_weights(), model, self._stopwatch)

    def _callbacks(self, session: Session) -> NoCallbacks:
        if not self._user_callbacks:
            return NoCallbacks()
        return KerasCallbacks(self._user_callbacks, session.model, self._experiment.epochs, self._state.steps)
