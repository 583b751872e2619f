"""The workers of a runs folder: as many as there is work and room for, each in a session of its own."""

from __future__ import annotations

import math
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress

from mnist_lab.errors import EngineError, ExitCode, StoreError
from mnist_lab.machine import cores, hardware, opener, python_process
from mnist_lab.store import Run, Store, files, leases, registry, run_queue, worker_process
from mnist_lab.store.registry import WorkerSpec
from mnist_lab.text import one_line
from mnist_lab.workers.guard import CRASHED
from mnist_lab.workers.placement import ALL_THREADS, BYTES_A_WORKER, Placement

IDLE_SECONDS = 600.0
"""How long a worker that was started for a frontend stays warm with nothing to do."""

WORKER_COMMAND = tuple(python_process.command("-m", "mnist_lab"))
"""The start of the command that runs a worker."""

_OUTPUT = "worker.log"
_TAIL = 64 * 1024
_CHECK_SECONDS = 1.0
_BROKEN_AT_MOST = 3
_NO_SLOT_SECONDS = 60.0
"""Seconds to wait at most before a worker is started again where the one before found no slot; at first one second."""
_SAYS_WHY = {ExitCode.RUN_FAILED, ExitCode.STORAGE, CRASHED}
"""Exit codes of a worker that cannot serve: another one could not either."""


class WorkerPool:
    """Keeps a runs folder served for as long as it is asked to.

    Workers outlive this process and its terminal.

    Args:
        store: The folder.
        placement: How many workers there may be. Those that are started hold to what the user chose of it.
        idle_seconds: How long one stays with nothing to do.
    """

    def __init__(self, store: Store, placement: Placement, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._store = store
        self._placement = placement
        self._idle_seconds = idle_seconds
        self._queue = run_queue.Queue(store)
        self.processes: list[subprocess.Popen[bytes]] = []
        """Those started from here that have not been seen to leave."""
        self._coming: dict[int, WorkerSpec] = {}
        """By process, those that have yet to say that they serve."""
        self._counted: list[Run] | None = None
        self._waits: Counter[WorkerSpec] = Counter()
        self._urgent: list[WorkerSpec] = []
        self._checked_at = -math.inf
        self._broken = 0
        self._without_slot = 0
        self._not_before = -math.inf
        self.obstacle = ""
        """Why nothing starts at present, in one sentence; else empty."""

    def ensure(self) -> None:
        """Start the workers that the runs that have not ended need and do not have.

        Looks at the folder once a second at most, however often it is called.

        Raises:
            StoreError: One could not be started, or cannot serve; says why.
            EngineError: The backend cannot be loaded.
        """
        if time.monotonic() - self._checked_at < _CHECK_SECONDS:
            return
        self._checked_at = time.monotonic()
        waited_for = self._waited_for()
        self.spawn(waited_for + self._taken(), self._urgent)

    def spawn_for_waiting(self) -> None:
        """Start the workers that waiting runs need and do not have; for a worker that leaves or is busy.

        Unlike :meth:`ensure` it starts none of a kind that nothing waits for: that one would find the queue to be for
        others and leave, and be followed by the next.

        Raises:
            StoreError, EngineError: See :meth:`ensure`.
        """
        waited_for, taken = self._waited_for(), self._taken()
        self.spawn(Counter({kind: count + taken[kind] for kind, count in waited_for.items()}), self._urgent)

    def _waited_for(self) -> Counter[WorkerSpec]:
        """How many runs wait for a worker of each kind, in the order of the queue, as counted when it last changed."""
        waiting = self._queue.waiting()
        if waiting is not self._counted:
            self._counted = waiting
            startable = [run for run in waiting if run.request is not None and not run.reason]
            self._waits = Counter(WorkerSpec.of(run.request) for run in startable if run.request)
            urgent = (WorkerSpec.of(run.request) for run in startable if run.put_first and run.request)
            self._urgent = list(dict.fromkeys(urgent))
        return self._waits

    def _taken(self) -> Counter[WorkerSpec]:
        """How many runs keep workers of this machine busy, by kind."""
        taken = self._queue.taken()
        return Counter(WorkerSpec.of(run.request) for run in taken if run.request and not run.elsewhere)

    def spawn(self, work: Counter[WorkerSpec], urgent: Sequence[WorkerSpec] = ()) -> list[subprocess.Popen[bytes]]:
        """Start workers, so that each kind has one a run, where there is room.

        Args:
            work: How many runs want a worker of each kind.
            urgent: Kinds that runs which were put first wait for, in their order. While there is no worker of one of
                them and no room for it, none of another kind is started.

        Returns:
            The processes.

        Raises:
            StoreError, EngineError: See :meth:`ensure`.
        """
        self._check_started()
        if time.monotonic() < self._not_before:
            return []
        here = registry.serving(self._store.root)
        serve = Counter([*self._coming.values(), *(worker.kind for worker in here)])
        # Workers lease processors when they train: those that have just come or are idle will take what waits.
        ready = [
            *self._coming.values(),
            *(worker.kind for worker in here if not worker.state.runs and not worker.state.cores),
        ]
        promised = sum(kind.threads or 0 for kind in ready if work[kind])
        spawned = []
        for kind in dict.fromkeys((*urgent, *work)):
            missing = min(work[kind], self._placement.slots(kind.threads or ALL_THREADS))
            missing -= serve[kind] + serve[WorkerSpec(kind.backend)]
            if missing <= 0:
                continue
            # However full the machine is, a folder is served by one.
            count = min(missing, max(room_for(kind, promised), 0 if serve.total() else 1))
            spawned += [self._start(kind) for _ in range(count)]
            serve[kind] += count
            promised += count * (kind.threads or 0)
            if kind in urgent and not serve[kind]:
                break
        return spawned

    def _check_started(self) -> None:
        """Learn which of those started here serve by now, which have left, and which failed."""
        serve = {worker.owner.pid for worker in registry.workers(self._store.root)}
        failed = None
        for process in list(self.processes):
            if process.poll() is not None:
                self.processes.remove(process)
                kind = self._coming.pop(process.pid, None)
                if process.returncode == ExitCode.NO_SLOT and kind is not None:
                    self._wait_for_slot(kind)
                else:
                    self._broken = self._broken + 1 if process.returncode > 0 else 0
                    failed = process.returncode if process.returncode in _SAYS_WHY else failed
            elif serve & _family(process.pid):
                self._broken = self._without_slot = 0
                self.obstacle = ""
                self._coming.pop(process.pid, None)
        if self._broken >= _BROKEN_AT_MOST or (failed and not serve):
            self._broken = 0
            self._store.prepare()  # where that is why, it says so better than a worker that could not write a word
            error = EngineError if failed == ExitCode.RUN_FAILED else StoreError
            raise error(f"No worker starts for {self._store.root}. The last one wrote: {last_words(self._store)}")

    def _wait_for_slot(self, kind: WorkerSpec) -> None:
        """Start none for a while, longer each time."""
        self.obstacle = f"No worker starts here. {registry.no_slot(self._store.root, kind)}"
        self._not_before = time.monotonic() + min(_NO_SLOT_SECONDS, 2.0**self._without_slot)
        self._without_slot += 1

    def _start(self, kind: WorkerSpec) -> subprocess.Popen[bytes]:
        root = registry.root_of(self._store.root)
        with files.storage(root):
            files.ensure_folder(root)
            log = files.open_log(root / _OUTPUT)
        command = [*WORKER_COMMAND, "worker", "--runs", str(self._store.root)]
        command += ["--idle", f"{self._idle_seconds:g}", "--backend", kind.backend, "--only", str(kind.threads)]
        command += self._placement.as_options()
        try:
            process = subprocess.Popen(
                command,
                env=python_process.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise StoreError(
                f"A worker could not be started: {error.strerror}; `mnist-lab worker` starts one by hand."
            ) from None
        finally:
            os.close(log)
        self.processes.append(process)
        self._coming[process.pid] = kind
        return process


def last_words(store: Store) -> str:
    """The last line that a worker wrote outside any run, which is where it says why it could not serve."""
    with suppress(OSError):
        tail = opener.read_tail(registry.root_of(store.root) / _OUTPUT, _TAIL)
        lines = tail.decode(errors="replace").strip().splitlines()
        return one_line(lines[-1]).removeprefix("mnist-lab: ") if lines else ""
    return ""


def stop_workers(store: Store, *, everyone: bool = False) -> int:
    """Ask workers of a store to leave; what they have in hand is saved as ``stopped``, queued runs stay queued.

    Args:
        store: Whose workers.
        everyone: Also ask those of other users.

    Returns:
        How many were asked.
    """
    asked = 0
    for worker in registry.workers(store.root):
        if everyone or worker.is_ours:
            registry.request_stop(worker)
            asked += 1
    return asked


def kill_workers(store: Store, run_ids: Iterable[str]) -> list[str]:
    """End the workers that train some runs at once: these will have died.

    Only this user's workers on this host are ended (:func:`~mnist_lab.store.worker_process.kill`); all others are left
    alone, and so is what they train.

    Returns:
        The runs whose workers were left alone.
    """
    killed: set[int] = set()
    left = []
    for run_id in run_ids:
        found = leases.holder(store.folder(run_id))
        if found is None or found.liveness is leases.Liveness.DEAD:
            continue
        if found.owner is not None and found.owner.pid in killed:  # it trains several
            continue
        if found.owner is not None and worker_process.kill(found.owner, store.root):
            killed.add(found.owner.pid)
        else:
            left.append(run_id)
    return left


def room_for(kind: WorkerSpec, promised: int = 0) -> int:
    """For how many more workers of a kind the machine has processors and memory, besides those that run on it.

    Args:
        kind: The kind.
        promised: How many of the processors that are free others are about to take.
    """
    memory = hardware.memory().available // BYTES_A_WORKER
    return memory if not kind.threads else max(0, min(memory, (cores.free() - promised) // kind.threads))


def _family(pid: int) -> set[int]:
    """A process and its children."""
    import psutil

    with suppress(psutil.Error):
        return {pid, *(child.pid for child in psutil.Process(pid).children())}
    return {pid}
