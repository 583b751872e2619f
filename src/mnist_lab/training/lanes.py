"""Several runs of one shape, trained side by side: each has its own events and its own outcome, as if it were alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from mnist_lab.experiments.events import Event, Phase
from mnist_lab.experiments.record import Model
from mnist_lab.machine import cores
from mnist_lab.training.chunk_size import SECONDS_PER_CALL, Pace
from mnist_lab.training.compile_key import shape_of
from mnist_lab.training.outcome import Outcome
from mnist_lab.training.run_state import RunState
from mnist_lab.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from mnist_lab.data.dataset import Split
    from mnist_lab.experiments.experiment import Experiment
    from mnist_lab.training.engine import Lanes, LanesEngine, Order

NARROWEST = 8
"""Lanes are not compacted to fewer: a device for which lanes are worth it trains eight hardly slower than one."""


class LanesTraining:
    """A group of runs, driven by whoever pulls :meth:`events`; not pulling pauses them all.

    They begin together and each ends by its own rule; those left over train on. Seconds, in events and outcomes, are
    those of the group: what one waited for, not a share of it.

    Args:
        experiments: What to train; one :func:`mnist_lab.training.compile_key.shape_of` for all. A run is known by
            its place here.
        split: The images to train on, to watch, and to judge by.
        engine: Where to train.
        now: Seconds since the epoch, for the events.
        clock: Seconds from anywhere, for durations.
        seconds_per_call: How long one compiled call is to take; it changes no bit of an outcome.

    Raises:
        ValueError: The experiments are not of one shape.
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
        if len(set(map(shape_of, experiments))) != 1:
            raise ValueError("Runs that train together share network, optimizer, batch size, precision and data.")
        self._experiments = experiments
        self._split = split
        self._engine = engine
        self._pace = Pace(seconds_per_call)
        self._stopwatch = Stopwatch(clock)
        self._states = [RunState(experiment, split, now) for experiment in experiments]
        self._outcomes: dict[int, Outcome] = {}
        self._runs = list(range(len(experiments)))
        """The run that has each lane."""

    def stop(self, run: int) -> None:
        """Ask for the end of one run after the compiled call that is running; the others go on."""
        self._states[run].stop_asked = True

    def ended(self, run: int) -> bool:
        """Whether a run has its outcome: ask after each event, and once more when there are no more."""
        return run in self._outcomes

    def outcome(self, run: int) -> Outcome:
        """What came of a run, as soon as it has ended.

        Raises:
            RuntimeError: It has not ended yet.
        """
        if run not in self._outcomes:
            raise RuntimeError("A run has an outcome once it has ended.")
        return self._outcomes[run]

    def events(self) -> Iterator[tuple[int, Event]]:
        """Train: each event with the run it happened to. The last of a run is that it is evaluated."""
        yield from self._started("loading")
        with self._stopwatch.lap("compile"):
            lanes = self._engine.open_lanes(self._experiments, self._split)
        if not lanes.compiled:
            yield from self._compile(lanes)
        yield from self._started("training")
        for state in self._states:
            state.begin()
        yield from self._conclude(lanes)
        pool = ThreadPoolExecutor(len(cores.open_here()))
        try:
            drawn = self._draw(pool, epoch=1)
            while going := self._going:
                orders = drawn
                # The next epoch's orders are drawn while the device trains.
                drawn = self._draw(pool, self._state(going[0]).epoch + 1)
                yield from self._epoch(lanes, orders)
                yield from self._narrow(lanes)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _epoch(self, lanes: Lanes, orders: dict[int, Future[Order]]) -> Iterator[tuple[int, Event]]:
        before = self._stopwatch.total("train", "evaluate")
        with self._stopwatch.lap("train"):
            drawn = {run: order.result() for run, order in orders.items()}
            # Lanes that learn no more need some order too.
            some = next(iter(drawn.values()))
            lanes.begin_epoch(np.stack([drawn.get(run, some) for run in self._runs]))
        step, steps = 0, len(some)
        while step < steps and (learning := [slot for slot in self._going if not self._state(slot).broken]):
            count = self._pace.next(steps - step)
            with self._stopwatch.lap("train"):
                lanes.train_steps(step, step + count, np.isin(np.arange(lanes.width), learning))
                figures = lanes.running()
            self._pace.took(count, self._stopwatch.last)
            step += count
            for slot in learning:
                yield self._runs[slot], self._state(slot).progressed(step, *figures[slot])
            for slot in learning:
                self._state(slot).after_step(step)
            yield from self._conclude(lanes)

        if not (going := self._going):
            return
        with self._stopwatch.lap("evaluate"):
            figures = lanes.evaluate("val")
            for slot in going:
                self._state(slot).validated(*figures[slot])
        with self._stopwatch.lap("train"):
            if kept := [slot for slot in going if self._state(slot).keeps_last]:
                lanes.keep(kept)
        seconds = self._stopwatch.total("train", "evaluate") - before
        for slot in going:
            yield self._runs[slot], self._state(slot).epoch_ended(seconds)
        for slot in going:
            self._state(slot).after_epoch()
        yield from self._conclude(lanes)

    def _conclude(self, lanes: Lanes) -> Iterator[tuple[int, Event]]:
        """Make the outcomes of those that have just ended."""
        slots = [slot for slot in range(lanes.width) if self._state(slot).ending and not self.ended(self._runs[slot])]
        if not slots:
            return
        for slot in slots:
            yield self._runs[slot], self._state(slot).started("evaluating")
        figures = [self._state(slot).kept() for slot in slots]
        with self._stopwatch.lap("evaluate"):
            if best := [slot for slot in slots if self._state(slot).keeps_best]:
                lanes.restore(best)
            probabilities = lanes.predict("test", slots)
            if not all("val_loss" in known for known in figures):
                seen = lanes.evaluate("val")
                for slot, known in zip(slots, figures, strict=True):
                    if "val_loss" not in known:
                        known["val_loss"], known["val_accuracy"] = seen[slot]
        model = Model(parameters=lanes.parameters, layers=lanes.layers)
        for slot, known, said in zip(slots, figures, probabilities, strict=True):
            weights = lanes.get_weights(slot)
            outcome = self._state(slot).outcome(known, said, weights, model, self._stopwatch)
            self._outcomes[self._runs[slot]] = outcome

    def _narrow(self, lanes: Lanes) -> Iterator[tuple[int, Event]]:
        """Leave ended lanes behind where those that go on fit into half the width or less.

        Each new width is compiled anew, so there are few: powers of two, which other groups meet again.
        """
        going = self._going
        width = max(NARROWEST, 1 << (len(going) - 1).bit_length())
        if not going or 2 * width > lanes.width:
            return
        ended = [slot for slot in range(lanes.width) if slot not in going]
        slots = going + ended[: width - len(going)]
        lanes.take(slots)
        self._runs = [self._runs[slot] for slot in slots]
        if not lanes.compiled:
            yield from self._compile(lanes)
            yield from self._started("training")

    def _compile(self, lanes: Lanes) -> Iterator[tuple[int, Event]]:
        yield from self._started("compiling")
        with self._stopwatch.lap("compile"):
            lanes.compile()

    def _draw(self, pool: ThreadPoolExecutor, epoch: int) -> dict[int, Future[Order]]:
        """Of each run that goes on, the order of an epoch."""
        runs = (self._runs[slot] for slot in self._going)
        return {run: pool.submit(self._states[run].order, epoch) for run in runs}

    def _started(self, phase: Phase) -> Iterator[tuple[int, Event]]:
        for slot in self._going:
            yield self._runs[slot], self._state(slot).started(phase)

    @property
    def _going(self) -> list[int]:
        """The lanes whose runs have not ended."""
        return [slot for slot in range(len(self._runs)) if self._state(slot).ending is None]

    def _state(self, slot: int) -> RunState:
        return self._states[self._runs[slot]]
