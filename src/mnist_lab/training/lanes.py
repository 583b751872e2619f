"""Training of several runs of one compile key as lanes, each with its own events and outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from mnist_lab.experiments.events import Event, Phase
from mnist_lab.experiments.record import Model
from mnist_lab.machine import cores
from mnist_lab.training.chunk_size import SECONDS_PER_CALL, ChunkSizer
from mnist_lab.training.compile_key import compile_key
from mnist_lab.training.outcome import Outcome
from mnist_lab.training.run_state import RunState
from mnist_lab.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from mnist_lab.data.splits import Split
    from mnist_lab.experiments.experiment import Experiment
    from mnist_lab.training.engine import BatchOrder, LanesEngine, LanesSession

MIN_WIDTH = 8
"""Lanes are not compacted to fewer: a device on which lanes pay off trains eight nearly as fast as one."""


class LanesTraining:
    """Training of a group of runs, driven by iterating over :meth:`events`; not iterating pauses them all.

    They start together, and each ends by its own rule while the others continue. Seconds, in events and outcomes, are
    wall time of the whole group.

    Args:
        experiments: What to train, all of one :func:`mnist_lab.training.compile_key.compile_key`. A run is identified
            by its index here.
        split: Training, validation and test images.
        engine: The backend to train on.
        now: Clock of the events, in seconds since the epoch.
        clock: Clock of durations, in seconds.
        seconds_per_call: Target duration of a compiled call; it does not change outcomes.

    Raises:
        ValueError: The experiments differ in their compile keys.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        split: Split,
        engine: LanesEngine,
        *,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.perf_counter,
        seconds_per_call: float = SECONDS_PER_CALL,
    ) -> None:
        if len(set(map(compile_key, experiments))) != 1:
            raise ValueError("Runs that train together share network, optimizer, batch size, precision and data.")
        self._experiments = experiments
        self._split = split
        self._engine = engine
        self._chunk_sizer = ChunkSizer(seconds_per_call)
        self._stopwatch = Stopwatch(clock)
        self._states = [RunState(experiment, split, now) for experiment in experiments]
        self._outcomes: dict[int, Outcome] = {}
        self._runs = list(range(len(experiments)))
        """The run of each lane."""

    def stop(self, run: int) -> None:
        """End one run after the current compiled call; the others continue."""
        self._states[run].stop_requested = True

    def ended(self, run: int) -> bool:
        """Whether a run has its outcome; check after each event and after the last one."""
        return run in self._outcomes

    def outcome(self, run: int) -> Outcome:
        """The outcome of a run that has ended.

        Raises:
            RuntimeError: It has not ended yet.
        """
        if run not in self._outcomes:
            raise RuntimeError("A run has an outcome once it has ended.")
        return self._outcomes[run]

    def events(self) -> Iterator[tuple[int, Event]]:
        """Train, and yield each event with the index of its run; a run's last one is the start of its evaluation."""
        yield from self._started("loading")
        with self._stopwatch.lap("compile"):
            session = self._engine.open_lanes(self._experiments, self._split)
        if not session.compiled:
            yield from self._compile(session)
        yield from self._started("training")
        for state in self._states:
            state.begin()
        yield from self._conclude(session)
        pool = ThreadPoolExecutor(cores.usable())
        try:
            drawn = self._draw(pool, epoch=1)
            while active := self._active:
                orders = drawn
                # The next epoch's orders are drawn while the device trains.
                drawn = self._draw(pool, self._state(active[0]).epoch + 1)
                yield from self._epoch(session, orders)
                yield from self._compact(session)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _epoch(self, session: LanesSession, orders: dict[int, Future[BatchOrder]]) -> Iterator[tuple[int, Event]]:
        before = self._stopwatch.total("train", "evaluate")
        with self._stopwatch.lap("train"):
            drawn = {run: order.result() for run, order in orders.items()}
            # Lanes that are not trained any more need some order too.
            filler = next(iter(drawn.values()))
            session.begin_epoch(np.stack([drawn.get(run, filler) for run in self._runs]))
        step, steps = 0, len(filler)
        while step < steps and (learning := [lane for lane in self._active if not self._state(lane).not_finite]):
            count = self._chunk_sizer.next(steps - step)
            with self._stopwatch.lap("train"):
                session.train_steps(step, step + count, np.isin(np.arange(session.width), learning))
                metrics = session.running_metrics()
            self._chunk_sizer.record(count, self._stopwatch.last)
            step += count
            for lane in learning:
                yield self._runs[lane], self._state(lane).progressed(step, *metrics[lane])
            for lane in learning:
                self._state(lane).after_step(step)
            yield from self._conclude(session)

        if not (active := self._active):
            return
        with self._stopwatch.lap("evaluate"):
            metrics = session.evaluate("val")
            for lane in active:
                self._state(lane).validated(*metrics[lane])
        with self._stopwatch.lap("train"):
            if kept := [lane for lane in active if self._state(lane).last_is_best]:
                session.keep(kept)
        seconds = self._stopwatch.total("train", "evaluate") - before
        for lane in active:
            yield self._runs[lane], self._state(lane).epoch_ended(seconds)
        for lane in active:
            self._state(lane).after_epoch()
        yield from self._conclude(session)

    def _conclude(self, session: LanesSession) -> Iterator[tuple[int, Event]]:
        """Make the outcomes of the runs that have just ended."""
        lanes = [lane for lane in range(session.width) if self._state(lane).ending and not self.ended(self._runs[lane])]
        if not lanes:
            return
        for lane in lanes:
            yield self._runs[lane], self._state(lane).started("evaluating")
        metrics = [self._state(lane).final_metrics() for lane in lanes]
        with self._stopwatch.lap("evaluate"):
            if best := [lane for lane in lanes if self._state(lane).restores_best]:
                session.restore(best)
            probabilities = session.predict("test", lanes)
            if not all("val_loss" in known for known in metrics):
                validation = session.evaluate("val")
                for lane, known in zip(lanes, metrics, strict=True):
                    if "val_loss" not in known:
                        known["val_loss"], known["val_accuracy"] = validation[lane]
        model = Model(parameters=session.parameters, layers=session.layers)
        for lane, known, predicted in zip(lanes, metrics, probabilities, strict=True):
            weights = session.get_weights(lane)
            outcome = self._state(lane).outcome(known, predicted, weights, model, self._stopwatch)
            self._outcomes[self._runs[lane]] = outcome

    def _compact(self, session: LanesSession) -> Iterator[tuple[int, Event]]:
        """Drop ended lanes where the active ones fit into half the width or less.

        Each new width is compiled, so widths are powers of two, which later groups use again.
        """
        active = self._active
        width = max(MIN_WIDTH, 1 << (len(active) - 1).bit_length())
        if not active or 2 * width > session.width:
            return
        ended = [lane for lane in range(session.width) if lane not in active]
        lanes = active + ended[: width - len(active)]
        session.take(lanes)
        self._runs = [self._runs[lane] for lane in lanes]
        if not session.compiled:
            yield from self._compile(session)
            yield from self._started("training")

    def _compile(self, session: LanesSession) -> Iterator[tuple[int, Event]]:
        yield from self._started("compiling")
        with self._stopwatch.lap("compile"):
            session.compile()

    def _draw(self, pool: ThreadPoolExecutor, epoch: int) -> dict[int, Future[BatchOrder]]:
        """The order of an epoch for each active run."""
        runs = (self._runs[lane] for lane in self._active)
        return {run: pool.submit(self._states[run].order, epoch) for run in runs}

    def _started(self, phase: Phase) -> Iterator[tuple[int, Event]]:
        for lane in self._active:
            yield self._runs[lane], self._state(lane).started(phase)

    @property
    def _active(self) -> list[int]:
        """Lanes whose runs have not ended."""
        return [lane for lane in range(len(self._runs)) if self._state(lane).ending is None]

    def _state(self, lane: int) -> RunState:
        return self._states[self._runs[lane]]
