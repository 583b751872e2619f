"""Serving a queue: one run after another, warm in between, until asked to leave or idle for long."""

from __future__ import annotations

import faulthandler
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Literal

from mnist_lab.errors import LabError, NoSlotError
from mnist_lab.experiments.presets import label_of
from mnist_lab.machine import hardware
from mnist_lab.store import Run, Store, files, leases, lost, registry, run_queue
from mnist_lab.store.registry import WorkerSpec, WorkerState
from mnist_lab.text import one_line
from mnist_lab.workers import provenance
from mnist_lab.workers.compile_ahead import CompileAhead
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.idle_calibration import QUIET_SECONDS, Measuring
from mnist_lab.workers.placement import ALL_THREADS, BYTES_A_WORKER, Placement
from mnist_lab.workers.pool import room_for
from mnist_lab.workers.processors import Processors
from mnist_lab.workers.retrying import NO_ROOM, delays
from mnist_lab.workers.taking import RunTaker

_POLL_SECONDS = 0.1
_BEAT_SECONDS = 5.0
_MEMORY_SECONDS = 1.0
_YIELD_SECONDS = 10.0
"""How long a worker waits until another one has taken what was put first."""
_AHEAD = 512
"""So many runs of its kind a worker looks at: more than JAX trains in one step."""
_FAILURES_AT_MOST = 8
"""So many failures in a row to look at the queue take a minute and a half."""


def serve(
    store: Store,
    kind: WorkerSpec,
    placement: Placement,
    *,
    idle_seconds: float | None,
    threads: int | None = None,
    lost_after: float | None = None,
    narrate: Callable[[str], None] = lambda line: None,
) -> bool:
    """Take runs from a store's queue until asked to leave, or until there has been nothing to do for a while.

    Args:
        store: Whose queue.
        kind: Which of its requests.
        placement: How many workers of its kind there may be, and how many lanes it may train in one step.
        idle_seconds: How long to wait for work before leaving; None: for ever.
        threads: How many threads the backend may use; None: as many as it likes.
        lost_after: Give up runs of workers that have been silent for so many seconds, to train them; None: never.
        narrate: Called with one line for each thing that was done.

    Returns:
        Whether the queue has to be looked at once more, because something may wait that no worker will take: this one
        has left by itself, and whoever asked may have counted on it or found no room because of it.

    Raises:
        NoSlotError: As many workers as there may be serve it on this host already.
        StoreError: The store cannot be written any more. What waits still waits.
        EngineError: The backend cannot be loaded. What waits still waits.
    """
    # Writes to the log where native code crashed. It also sets the stack of signal handlers before TensorFlow does, the
    # likely reason why stopping a training no longer corrupts the heap: 8 of 42 stops aborted without it, 0 of 36 with.
    with suppress(RuntimeError, OSError, ValueError):  # stderr is closed
        faulthandler.enable()
    store.prepare()
    provenance.git_commit()  # now: the files may change while what was imported of them goes on training
    slot = registry.take_slot(store.root, kind, placement.slots(threads or ALL_THREADS))
    if slot is None:
        raise NoSlotError(registry.no_slot(store.root, kind))  # those who have one look once more when they leave
    processors, cache = Processors(threads), EngineCache(kind.backend, threads)
    try:
        return _Service(store, kind, placement, slot, processors, cache, narrate, lost_after).run(idle_seconds)
    finally:
        slot.release()
        processors.release()


class _Service:
    def __init__(
        self,
        store: Store,
        kind: WorkerSpec,
        placement: Placement,
        slot: leases.Lease,
        processors: Processors,
        cache: EngineCache,
        narrate: Callable[[str], None],
        lost_after: float | None,
    ) -> None:
        self._store = store
        self._kind = kind
        self._placement = placement
        self._slot = slot
        self._processors = processors
        self._cache = cache
        self._narrate = narrate
        self._lost_after = lost_after
        self._next_give_up = 0.0
        self._queue = run_queue.Queue(store)
        self._taker = RunTaker(
            store, self._queue, cache, kind.backend, placement.lanes, self._beat_and_ask, self._say, narrate
        )
        self._version = 0
        self._ours: list[Run] = []
        """Of those that wait, the first that this worker can start."""
        self._others: list[Run] = []
        """Of those that wait before the last of these, what other workers can start."""
        self._refused: dict[str, str] = {}
        """Why runs that wait cannot be started, as it was said."""
        self._waits_for: dict[str, float] = {}
        """Since when this worker has taken nothing because of runs that were put first."""
        self._compile_ahead = CompileAhead(store, cache)
        self._said: WorkerState | None = None
        self._leaving = False
        self._workers = 1
        """How many workers serve the folder, as far as was last seen."""
        self._busy_at = time.monotonic()
        self._next_beat = 0.0
        self._memory_at = 0.0
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)

    def run(self, idle_seconds: float | None) -> bool:
        """Serve. Returns whether it has left by itself, and not because it was asked to."""
        self._narrate(f"Serving {self._store.root}.")
        self._say()
        waits, failures = delays(), 0
        with Measuring(self._placement) as measuring:
            while True:
                try:
                    if self._asked_to_leave():
                        return False
                    if self._turn(measuring, idle_seconds):
                        return True
                    waits, failures = delays(), 0
                except LabError as error:
                    if not isinstance(error.__cause__, OSError) or error.__cause__.errno in NO_ROOM:
                        raise
                    failures += 1
                    self._wait_out(error, next(waits), failures)
                except OSError as error:
                    failures += 1
                    self._wait_out(files.explain(error, self._store.root), next(waits), failures)

    def _wait_out(self, error: LabError, seconds: float, failures: int) -> None:
        """Wait before the queue is looked at again; that the same goes wrong time and again is said once.

        Raises:
            LabError: It has gone wrong for too long.
        """
        if failures > _FAILURES_AT_MOST:
            raise error
        if failures == 1:
            self._narrate(f"{error} Trying again.")
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._leaving:
            time.sleep(_POLL_SECONDS)

    def _turn(self, measuring: Measuring, idle_seconds: float | None) -> bool:
        """Do the next thing. Returns whether to leave."""
        self._give_up_lost()
        self._look()
        if self._ours or self._others:
            measuring.end()
        yields = self._yields() if self._ours else ""
        if yields == "leave":
            self._narrate("What was put first needs the room.")
            return True
        if yields == "wait":
            return self._is_idle(measuring, None)
        if self._ours:
            if not self._processors.take() and self._is_one_of_several():
                self._narrate("All processors are taken by other workers.")
                return True
            self._taker.take([run.request for run in self._ours if run.request is not None], self._workers - 1)
            self._busy_at = time.monotonic()
            return False
        if self._others and self._kind.threads is not None:
            self._narrate("What waits is for other workers, which need the room.")
            return True
        if self._prepare():
            self._busy_at = time.monotonic()
            return False
        return self._is_idle(measuring, idle_seconds)

    def _give_up_lost(self) -> None:
        if self._lost_after is None or time.monotonic() < self._next_give_up:
            return
        self._next_give_up = time.monotonic() + _BEAT_SECONDS
        for run_id in lost.give_up_lost(self._store, self._queue.live(), self._lost_after):
            self._narrate(f"Gave up {run_id} of a silent host.")

    def _look(self) -> None:
        """Look at the head of the queue: cheap where nothing has changed."""
        version = self._queue.look()
        if version == self._version:
            return
        self._version = version
        self._ours, self._others = [], []
        for run in self._queue.in_order():
            if run.reason and self._refused.get(run.id) != run.reason:
                self._refused[run.id] = run.reason
                self._narrate(f"{run.id} is skipped. {one_line(run.reason)}")
            if run.request is None or run.reason:
                continue
            (self._ours if self._kind.serves(run.request) else self._others).append(run)
            if len(self._ours) == _AHEAD:
                break

    def _yields(self) -> Literal["", "wait", "leave"]:
        """What to do for runs that were put first and wait for another number of threads: nothing, wait or leave."""
        first = self._others[0] if self._others else None
        if first is None or first.request is None or not first.put_first or self._kind.threads is None:
            return ""
        wanted = WorkerSpec.of(first.request)
        if self._ours[0].put_first or wanted.backend != self._kind.backend:
            return ""
        serving = [worker for worker in registry.serving(self._store.root) if worker.kind.serves(first.request)]
        if any(not worker.state.runs for worker in serving):  # it needs the processors that are free now
            since = self._waits_for.setdefault(first.id, time.monotonic())
            return "wait" if time.monotonic() - since < _YIELD_SECONDS else ""
        if len(serving) >= self._placement.slots(wanted.threads or ALL_THREADS) or room_for(wanted):
            return ""
        return "leave"

    def _is_one_of_several(self) -> bool:
        return len(registry.serving(self._store.root)) > 1

    def _is_idle(self, measuring: Measuring, idle_seconds: float | None) -> bool:
        """Do nothing for a moment, and let others have the processors. Returns whether to leave."""
        if self._processors.numbers:
            self._processors.release()
        self._say()
        idle = time.monotonic() - self._busy_at
        if idle_seconds is not None:
            if idle > idle_seconds:
                return True
            if time.monotonic() >= self._memory_at:
                self._memory_at = time.monotonic() + _MEMORY_SECONDS
                if hardware.memory().available < BYTES_A_WORKER:
                    self._narrate("There is nothing to do, and others need the memory.")
                    return True
        if idle > QUIET_SECONDS and self._kind.threads is not None:
            measuring.begin()
        self._beat()
        time.sleep(_POLL_SECONDS)
        return False

    def _say(self, *runs: str, preparing: str = "") -> None:
        cores = self._processors.numbers
        state = WorkerState(
            warm=self._cache.warm, device=self._cache.device, cores=cores, runs=runs, preparing=preparing
        )
        if state != self._said:
            registry.publish_state(self._slot, state)
            self._said = state

    def _prepare(self) -> bool:
        """Compile one more prefetched experiment; False where all are compiled, or there are no processors for it."""
        experiment = self._compile_ahead.next()
        if experiment is None or not self._processors.take():
            return False
        self._say(preparing=label_of(experiment))
        self._compile_ahead.carry_out(experiment)
        self._say()
        return True

    # Being asked to leave, and heartbeats

    def _beat_and_ask(self) -> bool:
        self._beat()
        return self._asked_to_leave()

    def _asked_to_leave(self) -> bool:
        return self._leaving or registry.stop_requested(self._slot)

    def _leave(self, _signal: int, _frame: FrameType | None) -> None:
        self._leaving = True

    def _beat(self) -> None:
        """Renew the heartbeats of all leases, every few seconds."""
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + _BEAT_SECONDS
            self._workers = max(1, sum(1 for _ in registry.workers(self._store.root)))
            self._slot.beat()
            self._taker.beat()
