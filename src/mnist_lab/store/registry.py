"""The workers that serve a runs folder, each with the lease of a slot in ``.workers/``.

Slots are numbered within a host, which is part of their names: those of a host that is gone keep no other from serving.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_lab.experiments.record import Backend, Request
from mnist_lab.machine import opener
from mnist_lab.machine.shared_path import LinkError
from mnist_lab.store import files, leases, owners, worker_process
from mnist_lab.text import CleanLine

_FOLDER = ".workers"
_LIST_SECONDS = 0.1
_STATE, _STOP = "state.json", "stop"
_STATE_LIMIT = 64 * 1024
_SLOT = re.compile(
    r"(?P<backend>tensorflow|jax)-(?P<threads>any|\d{1,4})-(?P<number>\d{1,4})(?:@(?P<host>[0-9a-f]{8}))?"
)
_NUMBERS = 10_000
_FORGOTTEN_SECONDS = 24 * 3600.0
"""After so long without a word the slot of a worker on another host is removed."""


@dataclass(frozen=True)
class WorkerSpec:
    """What a worker is for: requests for its backend and its number of threads.

    ``threads`` is None for one that was started by hand, and takes every request for its backend.
    """

    backend: Backend = "tensorflow"
    threads: int | None = None

    @classmethod
    def of(cls, request: Request) -> WorkerSpec:
        """The kind of worker that a request asks for."""
        return cls(request.backend, request.threads)

    def serves(self, request: Request) -> bool:
        """Whether a worker of this kind takes a request."""
        return request.backend == self.backend and self.threads in {None, request.threads}

    def slot(self, number: int) -> str:
        """The name of a slot for one on this host."""
        return f"{self._slot_of_any_host(number)}@{owners.host_id()}"

    def slots_numbered(self, number: int) -> tuple[str, str]:
        """The names that a slot on this host may have: as :meth:`slot` has it, and as earlier versions had it."""
        return self.slot(number), self._slot_of_any_host(number)

    def _slot_of_any_host(self, number: int) -> str:
        return f"{self.backend}-{'any' if self.threads is None else self.threads}-{number}"


class WorkerState(BaseModel):
    """State that a worker publishes.

    Attributes:
        warm: Whether its backend is loaded.
        device: What it computes on.
        cores: The processors it is pinned to; empty where it is pinned to none.
        runs: Ids of the runs it trains.
        preparing: Label of the experiment that it compiles ahead; empty where it does not.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    warm: bool = False
    device: CleanLine = ""
    cores: tuple[int, ...] = ()
    runs: tuple[CleanLine, ...] = ()
    preparing: CleanLine = ""


@dataclass(frozen=True)
class Worker:
    """A worker that serves a runs folder, or one on another host that may do so."""

    kind: WorkerSpec
    folder: Path
    owner: owners.Owner
    state: WorkerState
    silent_for: float | None
    """Seconds since the last heartbeat of one on another host; None where it is known to be alive on this one."""
    uid: int
    """Whose it is."""

    @property
    def is_ours(self) -> bool:
        """Whether it is this user's, on whatever host."""
        return self.uid == os.geteuid()


def root_of(runs: Path) -> Path:
    """The registry's folder in a runs folder."""
    return runs / _FOLDER


def take_slot(runs: Path, kind: WorkerSpec, slots: int) -> leases.Lease | None:
    """Become a worker of a runs folder; None where all ``slots`` for this kind on this host are taken.

    Slots that cannot be used and that no worker has taken do not count: those of a dead worker that this user may not
    remove, and those that were made up.

    Raises:
        StoreError: The folder cannot be written.
    """
    root = root_of(runs)
    with files.storage(runs):
        files.ensure_folder(root)
        _forget_lost_hosts(root)
        number, last = 0, slots
        while number < min(last, _NUMBERS):
            new, old = (root / name for name in kind.slots_numbered(number))
            number += 1
            if _is_taken(old, runs):
                continue
            lease = _take(new)
            if lease is not None:
                return lease
            if not _is_taken(new, runs):
                last += 1
    return None


def no_slot(runs: Path, kind: WorkerSpec) -> str:
    """Why :func:`take_slot` gave none, in one sentence."""
    pids = [str(worker.owner.pid) for worker in serving(runs) if worker.kind == kind]
    who = f" by the workers with the pids {', '.join(pids)}" if len(pids) > 1 else f" by worker {pids[0]}" * bool(pids)
    return f"All slots for workers of this kind on this host are taken{who}; `mnist-lab worker list` shows them."


def _take(folder: Path) -> leases.Lease | None:
    """The lease of a slot; None where another has it, or this user may not use it.

    Raises:
        OSError: A slot cannot be made.
    """
    made = False
    with suppress(FileExistsError):
        files.make_folder(folder)
        made = True
    lease = None
    try:
        lease = leases.take(folder, replace_dead=True)
        if lease is not None:
            for name in (_STATE, _STOP):
                opener.remove(folder / name, missing_ok=True)
    except OSError:
        if made:
            raise
        if lease is not None:  # another user's request to stop, which would stop this worker
            lease.release()
        return None
    return lease


def _is_taken(folder: Path, runs: Path) -> bool:
    """Whether a worker of this host has a slot, as far as can be determined."""
    holder = leases.holder(folder)
    if holder is None or holder.owner is None or not owners.is_here(holder.owner):
        return False
    if holder.liveness is leases.Liveness.DEAD or not _is_genuine(holder.owner, folder, runs):
        return False
    return holder.liveness is leases.Liveness.ALIVE or not leases.is_silent(holder)


def _is_genuine(owner: owners.Owner, folder: Path, runs: Path) -> bool:
    with suppress(OSError):
        return worker_process.is_genuine(owner, leases.made_by(folder), runs)
    return False


def _forget_lost_hosts(root: Path) -> None:
    """Remove the slots of workers on other hosts that have been silent for a day."""
    now = None
    for name in opener.names(root):
        folder = root / name
        holder = leases.holder(folder) if _SLOT.fullmatch(name) else None
        if holder is not None and holder.liveness is leases.Liveness.UNKNOWN and leases.is_silent(holder):
            with suppress(OSError):
                now = now or files.time_there(root)
                if leases.seconds_silent(holder, now) > _FORGOTTEN_SECONDS:
                    files.discard(folder)


def publish_state(lease: leases.Lease, state: WorkerState) -> None:
    """Write the state of the worker that holds ``lease``, for other processes to read. A full disk is ignored."""
    with suppress(OSError):
        files.publish(lease.folder / _STATE, state.model_dump_json().encode())


def request_stop(worker: Worker) -> None:
    """Ask a worker to end; the run that it trains is saved as ``stopped`` first."""
    path = worker.folder / _STOP
    with files.storage(path), suppress(FileExistsError):
        files.open_new(path).close()


def stop_requested(lease: leases.Lease) -> bool:
    """Whether the worker that holds ``lease`` has been asked to end."""
    return opener.exists(lease.folder / _STOP)


def serving(runs: Path) -> list[Worker]:
    """The workers of a runs folder that are alive on this machine."""
    return [worker for worker in workers(runs) if worker.silent_for is None]


def workers(runs: Path) -> Iterator[Worker]:
    """The workers of a runs folder that are not proven dead, nor to be something else.

    Raises:
        OSError: The registry's folder cannot be read.
    """
    root = root_of(runs)
    try:
        names = sorted(opener.names(root))
    except (FileNotFoundError, NotADirectoryError, LinkError):  # none before the first worker, or no folder
        return
    for name in names:
        slot, folder = _SLOT.fullmatch(name), root / name
        holder = None if slot is None else leases.holder(folder)
        if slot is None or holder is None or holder.owner is None or holder.liveness is leases.Liveness.DEAD:
            continue
        if holder.liveness is leases.Liveness.ALIVE and not _is_genuine(holder.owner, folder, runs):
            continue
        state, uid = WorkerState(), holder.owner.uid
        with suppress(OSError, ValidationError):
            state = WorkerState.model_validate_json(opener.read(folder / _STATE, _STATE_LIMIT))
        if uid is None:  # a lease of an earlier version
            with suppress(OSError):
                uid = leases.made_by(folder)
        alive_here = holder.liveness is leases.Liveness.ALIVE and owners.is_here(holder.owner)
        silent_for = None if alive_here else leases.seconds_silent(holder)
        threads = None if slot["threads"] == "any" else int(slot["threads"])
        backend: Backend = "jax" if slot["backend"] == "jax" else "tensorflow"
        kind = WorkerSpec(backend, threads)
        yield Worker(kind, folder, holder.owner, state, silent_for, -1 if uid is None else uid)
