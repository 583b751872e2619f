"""Serving a queue: one run after another, warm in between, until asked to leave or idle for long."""

from __future__ import annotations

import faulthandler
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from mnist_lab.errors import LabError, NoSlotError
from mnist_lab.experiments.presets import label_of
from mnist_lab.experiments.record import Record, Request
from mnist_lab.machine import cores
from mnist_lab.machine.native_output import redirected
from mnist_lab.store import Store, files, leases, lost, registry
from mnist_lab.store.registry import WorkerSpec, WorkerState
from mnist_lab.workers import provenance
from mnist_lab.workers.compile_ahead import CompileAhead
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.execution import ControlFlags, execute, execute_together
from mnist_lab.workers.idle_calibration import QUIET_SECONDS, Measuring
from mnist_lab.workers.placement import ALL_THREADS, Placement

_POLL_SECONDS = 0.1
_BEAT_SECONDS = 5.0


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
        StoreError: The store cannot be written any more.
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
    held = None
    try:
        if threads:
            held = cores.lease(threads)
        if threads and held is None and len(registry.serving(store.root)) > 1:
            narrate("All processors are taken by other workers.")
        else:
            if held is not None:
                cores.pin(held.cores)
            numbers = () if held is None else tuple(sorted(held.cores))
            engines = EngineCache(kind.backend, threads)
            return _Service(store, kind, placement, slot, numbers, engines, narrate, lost_after).run(idle_seconds)
    finally:
        slot.release()
        if held is not None:
            held.release()
    # Whoever still serves looks once more; but two that came at once may both have left because of the other.
    return not registry.serving(store.root)


class _Service:
    def __init__(
        self,
        store: Store,
        kind: WorkerSpec,
        placement: Placement,
        slot: leases.Lease,
        numbers: tuple[int, ...],
        cache: EngineCache,
        narrate: Callable[[str], None],
        lost_after: float | None,
    ) -> None:
        self._store = store
        self._kind = kind
        self._placement = placement
        self._slot = slot
        self._cores = numbers
        self._cache = cache
        self._narrate = narrate
        self._lost_after = lost_after
        self._next_give_up = 0.0
        self._queue = registry.Queue(store)
        self._compile_ahead = CompileAhead(store, cache)
        self._leaving = False
        self._busy_at = time.monotonic()
        self._next_beat = 0.0
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)

    def run(self, idle_seconds: float | None) -> bool:
        """Serve. Returns whether it has left by itself, and not because it was asked to."""
        self._narrate(f"Serving {self._store.root}.")
        self._say()
        with Measuring(self._placement) as measuring:
            while not self._asked_to_leave():
                self._give_up_lost()
                waiting = [run.request for run in self._queue.waiting() if run.request is not None]
                ours = [request for request in waiting if self._kind.serves(request)]
                idle = time.monotonic() - self._busy_at
                if waiting:
                    measuring.end()
                if ours:
                    self._take(ours)
                    self._busy_at = time.monotonic()
                elif waiting and self._kind.threads is not None:
                    self._narrate("What waits is for other workers, which need the room.")
                    return True
                elif self._prepare():
                    self._busy_at = time.monotonic()
                elif idle_seconds is not None and idle > idle_seconds:
                    return True
                else:
                    if idle > QUIET_SECONDS and self._kind.threads is not None:
                        measuring.begin()
                    self._beat(self._slot)
                    time.sleep(_POLL_SECONDS)
        return False

    def _give_up_lost(self) -> None:
        if self._lost_after is None or time.monotonic() < self._next_give_up:
            return
        self._next_give_up = time.monotonic() + _BEAT_SECONDS
        for run_id in lost.give_up_lost(self._store, self._queue.live(), self._lost_after):
            self._narrate(f"Gave up {run_id} of a silent host.")

    def _say(self, *runs: str, preparing: str = "") -> None:
        state = WorkerState(
            warm=self._cache.warm, device=self._cache.device, cores=self._cores, runs=runs, preparing=preparing
        )
        registry.publish_state(self._slot, state)

    def _prepare(self) -> bool:
        """Compile one more prefetched experiment; False where all are compiled."""
        experiment = self._compile_ahead.next()
        if experiment is None:
            return False
        self._say(preparing=label_of(experiment))
        self._compile_ahead.carry_out(experiment)
        self._say()
        return True

    def _take(self, requests: Sequence[Request]) -> None:
        """Take the lease of the first request, and of all that can be trained in one step with it, and train them."""
        leased = [(request, lease) for request in self._alike(requests) if (lease := self._take_lease(request.id))]
        if not leased:
            return
        asked = [request for request, _ in leased]
        flags = [self._flags(request.id, lease) for request, lease in leased]
        self._say(*(request.id for request in asked))
        leases_of = {request.id: lease for request, lease in leased}
        try:
            # Where several are trained at once, the first one's log has what is printed of all.
            with _output_to(self._store.log_path(asked[0].id)):
                if len(asked) == 1:
                    records = iter([execute(self._store, asked[0], self._cache, flags[0])])
                else:
                    records = execute_together(self._store, asked, self._cache, flags)
                summaries = []
                for record in records:
                    lease = leases_of.pop(record.id)
                    lease.release(remove_lock=True)
                    lost = f"{record.id} was given up and is another worker's; nothing of it was saved."
                    summaries.append(lost if lease.lost else _summary(record))
        finally:
            for lease in leases_of.values():
                lease.abandon()  # where there is no record, the run is seen to have died
        self._say()
        for line in summaries:
            self._narrate(line)

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

    def _take_lease(self, run_id: str) -> leases.Lease | None:
        folder = self._store.folder(run_id)
        with files.storage(folder):
            lease = leases.take(folder, ended=lambda: self._store.has_record(run_id) is True)
        # another may have been quicker, between lease and record
        if lease is not None and self._store.has_record(run_id) is not False:
            lease.release()
            return None
        return lease

    def _flags(self, run_id: str, lease: leases.Lease) -> ControlFlags:
        def stop() -> bool:
            self._beat(lease, self._slot)
            return self._store.has_flag(run_id, "stop") or self._asked_to_leave() or lease.lost

        return ControlFlags(stop, pause=lambda: self._store.has_flag(run_id, "pause"), held=lease.keep)

    def _asked_to_leave(self) -> bool:
        return self._leaving or registry.stop_requested(self._slot)

    def _leave(self, _signal: int, _frame: FrameType | None) -> None:
        self._leaving = True

    def _beat(self, *held: leases.Lease) -> None:
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + _BEAT_SECONDS
            for lease in held:
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
