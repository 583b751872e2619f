"""Which workers serve a runs folder: slots in ``.workers/``, each claimed by one worker, and what waits for them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_lab.experiments.record import Backend, Request
from mnist_lab.store import files, leases
from mnist_lab.store.folder_watch import FolderListing
from mnist_lab.store.run import Run
from mnist_lab.store.runs import Store
from mnist_lab.text import CleanLine

_FOLDER = ".workers"
_STATE, _STOP = "state.json", "stop"
_SLOT = re.compile(r"(?P<backend>tensorflow|jax)-(?P<threads>any|\d{1,4})-(?P<number>\d{1,4})")


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
        """The name of a slot for one."""
        return f"{self.backend}-{'any' if self.threads is None else self.threads}-{number}"


class WorkerState(BaseModel):
    """What a worker says of itself.

    Attributes:
        warm: Whether its backend is loaded.
        device: What it computes on.
        cores: The processors it keeps to; empty where it keeps to none.
        runs: The runs it has in hand.
        preparing: What it compiles ahead, while nothing waits; else empty.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    warm: bool = False
    device: CleanLine = ""
    cores: tuple[int, ...] = ()
    runs: tuple[CleanLine, ...] = ()
    preparing: CleanLine = ""


@dataclass(frozen=True)
class Worker:
    """A worker that serves a runs folder, or one on another host that may."""

    kind: WorkerSpec
    folder: Path
    owner: leases.Owner
    state: WorkerState
    silent_for: float | None
    """Seconds since it was heard of, for one on another host; None where it is known to live."""


def root_of(runs: Path) -> Path:
    return runs / _FOLDER


def take_slot(runs: Path, kind: WorkerSpec, slots: int) -> leases.Claim | None:
    """Become a worker of a runs folder; None where all ``slots`` for this kind are taken.

    Raises:
        StoreError: The folder cannot be written.
    """
    root = root_of(runs)
    with files.storage(runs):
        if not root.is_dir():
            with suppress(FileExistsError):
                files.make_folder(root)
        for number in range(slots):
            folder = root / kind.slot(number)
            with suppress(FileExistsError):
                files.make_folder(folder)
            claim = leases.take(folder, over_the_dead=True)
            if claim is not None:
                for name in (_STATE, _STOP):
                    (folder / name).unlink(missing_ok=True)
                return claim
    return None


def say(claim: leases.Claim, state: WorkerState) -> None:
    """Let others know the state of the worker that holds ``claim``. A full disk makes it silent, nothing worse."""
    with suppress(OSError):
        files.publish(claim.folder / _STATE, state.model_dump_json().encode())


def ask_to_stop(worker: Worker) -> None:
    """Wish that a worker leaves; it ends the run it has in hand first, saved as ``stopped``."""
    path = worker.folder / _STOP
    with files.storage(path), suppress(FileExistsError):
        files.open_new(path).close()


def asked_to_stop(claim: leases.Claim) -> bool:
    return (claim.folder / _STOP).exists()


def workers(runs: Path) -> Iterator[Worker]:
    """The workers of a runs folder that are not proven dead."""
    root = root_of(runs)
    if not root.is_dir():
        return
    for folder in sorted(root.iterdir()):
        slot = _SLOT.fullmatch(folder.name)
        if slot is None:
            continue
        holder = leases.holder(folder)
        if holder is None or holder.owner is None or holder.life is leases.Life.DEAD:
            continue
        state = WorkerState()
        with suppress(OSError, ValidationError):
            state = WorkerState.model_validate_json((folder / _STATE).read_bytes())
        silent_for = leases.silence(holder) if holder.life is leases.Life.UNKNOWN else None
        threads = None if slot["threads"] == "any" else int(slot["threads"])
        backend: Backend = "jax" if slot["backend"] == "jax" else "tensorflow"
        yield Worker(WorkerSpec(backend, threads), folder, holder.owner, state, silent_for)


def waiting(store: Store) -> list[Run]:
    """The runs that wait for a worker and are not paused, in the order of the queue."""
    return Queue(store).waiting()


class Queue:
    """What waits for a worker, looked at again and again at the price of what has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._listing = FolderListing(store.root, store.ids)
        self._seen: set[str] = set()
        self._live: list[str] = []
        """Of those seen, the ones that may still wait or wait again, as far as is known."""

    def waiting(self) -> list[Run]:
        """The runs that wait for a worker and are not paused, in their order."""
        return sorted((run for run in self.live() if run.status == "queued"), key=lambda run: (run.rank, run.id))

    def live(self) -> list[Run]:
        """The runs that wait or train, in the order they were asked for.

        Those that cannot be read just now are left out and looked at again the next time.
        """
        with suppress(FileNotFoundError):
            new, _ = self._listing.changes(self._seen)
            self._seen.update(new)
            # Ten thousand records need not be read to know that they are there.
            self._live += [run_id for run_id in new if self._store.has_record(run_id) is not True]
        runs = [run for run in self._store.read_many(self._live) if not run.ended]
        self._live = [run.id for run in runs]
        return [run for run in runs if run.live]
