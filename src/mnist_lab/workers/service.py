"""Serving a queue: one run after another, warm in between, until asked to leave or idle for long."""

from __future__ import annotations

import errno
import faulthandler
import os
import random
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Literal

from mnist_lab.errors import LabError, NoSlotError, StoreError
from mnist_lab.experiments.presets import label_of
from mnist_lab.experiments.record import Record, Request
from mnist_lab.machine import hardware, opener
from mnist_lab.machine.native_output import redirected
from mnist_lab.store import Run, Store, files, leases, lost, registry
from mnist_lab.store.registry import WorkerSpec, WorkerState
from mnist_lab.text import one_line
from mnist_lab.workers import provenance
from mnist_lab.workers.compile_ahead import CompileAhead
from mnist_lab.workers.control import ControlFlags
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.execution import BackendUnavailableError, execute, execute_together
from mnist_lab.workers.idle_calibration import QUIET_SECONDS, Measuring
from mnist_lab.workers.placement import ALL_THREADS, BYTES_A_WORKER, Placement
from mnist_lab.workers.pool import room_for
from mnist_lab.workers.processors import Processors
from mnist_lab.workers.retrying import NO_ROOM, delays
from mnist_lab.workers.run_writer import RunWriter

_POLL_SECONDS = 0.1
_BEAT_SECONDS = 5.0
_MEMORY_SECONDS = 1.0
_YIELD_SECONDS = 10.0
"""How long a worker waits until another one has taken what was put first."""
_FAILURES_AT_MOST = 8
"""So many failures in a row to look at the queue take a minute and a half."""

_BYTES_A_RUN = {"record": 64 * 1024, "predictions": 400 * 1024, "all": 1024 * 1024}
"""What the files of a run take at least, by what is kept."""


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
        self._queue = registry.Queue(store)
        self._waiting: list[Run] = []
        self._ours: list[Run] = []
        """Of those that wait, what this worker can start."""
        self._others: list[Run] = []
        """Of those that wait, what other workers can start."""
        self._held: dict[str, leases.Lease] = {}
        """The leases of the runs in hand."""
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
            self._take([run.request for run in self._ours if run.request is not None])
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
        """Look at the queue: cheap where nothing has changed."""
        waiting = self._queue.waiting()
        if waiting is self._waiting:
            return
        self._waiting = waiting
        startable = [run for run in waiting if run.request is not None and not run.reason]
        self._ours = [run for run in startable if run.request is not None and self._kind.serves(run.request)]
        self._others = [run for run in startable if run.request is not None and not self._kind.serves(run.request)]
        refused = {run.id: run.reason for run in waiting if run.reason}
        for run_id, reason in refused.items():
            if self._refused.get(run_id) != reason:
                self._narrate(f"{run_id} is skipped. {one_line(reason)}")
        self._refused |= refused

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

    # One run, or several as lanes

    def _take(self, requests: Sequence[Request]) -> None:
        """Take the lease of the first request, and of all that can be trained in one step with it, and train them."""
        self._check_room(requests[0])
        writers = self._begin_some(requests)
        if not writers:
            return
        run_ids = [writer.request.id for writer in writers]
        for writer in writers:
            writer.lanes = len(writers)
        held = dict(self._held)
        flags = ControlFlags(self._store, run_ids, self._beat_and_ask, lambda run_id: held[run_id].lost)
        self._say(*run_ids)
        summaries = []
        try:
            # Where several are trained at once, the first one's log has what is printed of all.
            with _output_to(self._store.log_path(run_ids[0])):
                if len(writers) == 1:
                    records = iter([execute(writers[0], self._cache, flags)])
                else:
                    records = execute_together(writers, self._cache, flags)
                for record in records:
                    lease = self._held.pop(record.id)
                    lease.release(remove_lock=True)
                    given_up = f"{record.id} was given up and is another worker's; nothing of it was saved."
                    summaries.append(given_up if lease.lost else _summary(record))
        except BackendUnavailableError:
            self._give_back(writers)
            raise
        finally:
            for lease in self._held.values():
                lease.abandon()  # where there is no record, the run is seen to have died
            self._held = {}
            for run_id in run_ids:
                self._queue.reread(run_id)
            for line in summaries:
                self._narrate(line)
        for writer in writers:
            if writer.no_room:
                raise self._no_room()  # the next one would fail as well

    def _begin_some(self, requests: Sequence[Request]) -> list[RunWriter]:
        """Begin the first run that can be had, and all that can be trained in one step with it."""
        left = list(requests)
        while left:
            tried = self._alike(left)
            writers = [writer for request in tried if (writer := self._begin(request))]
            if writers:
                return writers
            ids = {request.id for request in tried}
            left = [request for request in left if request.id not in ids]
            # Others were quicker: those who look at the same moment do not go for the same run again.
            turn = random.randrange(min(len(left), self._workers)) if left else 0
            left = left[turn:] + left[:turn]
        return []

    def _alike(self, requests: Sequence[Request]) -> list[Request]:
        """The first request, and those that can be lanes together with it."""
        first = requests[0]
        if self._kind.backend != "jax" or len(requests) == 1 or first.measurements:
            return [first]
        from mnist_lab.training.compile_key import compile_key
        from mnist_lab.training.engine import LanesEngine

        key = compile_key(first.experiment)
        alike = [one for one in requests if compile_key(one.experiment) == key and not one.measurements]
        try:
            engine = self._cache.engine()
            assert isinstance(engine, LanesEngine)
            split = self._cache.split(first.experiment, first.data_file)
            return alike[: self._placement.lanes or engine.lanes_that_fit(first.experiment, split)]
        except LabError:
            return [first]  # its record will say what is wrong

    def _begin(self, request: Request) -> RunWriter | None:
        """Take the lease of a run and begin its journal. None where that is not possible: an error is its own.

        Raises:
            StoreError: There is no room for any run.
        """
        run_id = request.id
        try:
            lease = leases.take(self._store.folder(run_id), ended=partial(self._has_ended, run_id))
            if lease is None:
                if leases.is_taken(self._store.folder(run_id)):
                    self._queue.recheck(run_id)
                else:
                    self._refuse_if_waiting(run_id, "another process holds its lock")
                return None
            try:
                # Another may have been quicker between lease and record, and it may have been paused a moment ago.
                if self._store.has_record(run_id) is not False or self._store.has_flag(run_id, "pause"):
                    lease.release()
                    self._queue.reread(run_id)
                    return None
                writer = RunWriter(self._store, request, self._cache, lease.keep)
            except BaseException:
                lease.release()
                raise
        except OSError as error:
            if error.errno in NO_ROOM:
                raise files.explain(error, self._store.root) from error
            self._refuse_if_waiting(run_id, error.strerror or str(error))
            return None
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one run stops no other
            traceback.print_exception(error)
            self._refuse_if_waiting(run_id, f"{type(error).__name__}: {error}")
            return None
        self._held[run_id] = lease
        return writer

    def _has_ended(self, run_id: str) -> bool:
        return self._store.has_record(run_id) is True

    def _refuse_if_waiting(self, run_id: str, why: str) -> None:
        """Skip a run until it changes, unless it is gone or somebody else has it."""
        run = self._queue.reread(run_id)
        if run is not None and run.status == "queued" and not run.reason:
            self._queue.refuse(run_id, f"It cannot be started: {why}.")

    def _give_back(self, writers: Sequence[RunWriter]) -> None:
        """Let runs wait again that have not begun."""
        for writer in writers:
            with suppress(OSError):
                writer.withdraw()
                opener.remove(self._store.log_path(writer.request.id), missing_ok=True)
                self._held.pop(writer.request.id).release()

    def _check_room(self, request: Request) -> None:
        """Raise the error of a full disk before anything is trained that could not be saved."""
        with suppress(OSError):
            if shutil.disk_usage(self._store.root).free < _BYTES_A_RUN[request.keep]:
                raise self._no_room()

    def _no_room(self) -> StoreError:
        return files.explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), self._store.root)

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
            for lease in (self._slot, *self._held.values()):
                lease.beat()


def _summary(record: Record) -> str:
    accuracy = "" if record.result.val_accuracy is None else f", val_accuracy {record.result.val_accuracy:.4f}"
    return f"{record.id} {record.status} after {record.epochs_run} epochs{accuracy}. {record.reason}".rstrip()


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send everything printed into a file. A full disk loses it, nothing worse."""
    try:
        handle = files.open_new(log)
    except OSError:
        yield
        return
    with handle, redirected(handle.fileno()):
        yield
