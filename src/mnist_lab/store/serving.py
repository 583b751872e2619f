"""Which workers serve a runs folder: numbered places in ``.workers/``, each claimed by one worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_lab.store import claims, files
from mnist_lab.store.run import Run
from mnist_lab.store.runs import Store
from mnist_lab.text import CleanLine

_FOLDER = ".workers"
_STATE, _STOP = "state.json", "stop"


class WorkerState(BaseModel):
    """What a worker says of itself: whether its backend is loaded, on which device, and which run it has in hand."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    warm: bool = False
    device: CleanLine = ""
    run: CleanLine = ""


@dataclass(frozen=True)
class Worker:
    """A worker that serves a runs folder, or one on another host that may."""

    place: int
    folder: Path
    owner: claims.Owner
    state: WorkerState
    silent_for: float | None
    """Seconds since it was heard of, for one on another host; None where it is known to live."""


def root_of(runs: Path) -> Path:
    return runs / _FOLDER


def take_place(runs: Path, places: int) -> claims.Claim | None:
    """Become a worker of a runs folder; None where all ``places`` are taken.

    Raises:
        StoreError: The folder cannot be written.
    """
    root = root_of(runs)
    with files.storage(runs):
        if not root.is_dir():
            with suppress(FileExistsError):
                files.make_folder(root)
        for place in range(places):
            folder = root / str(place)
            with suppress(FileExistsError):
                files.make_folder(folder)
            claim = claims.take(folder, over_the_dead=True)
            if claim is not None:
                for name in (_STATE, _STOP):
                    (folder / name).unlink(missing_ok=True)
                return claim
    return None


def say(claim: claims.Claim, state: WorkerState) -> None:
    """Let others know the state of the worker that holds ``claim``. A full disk makes it silent, nothing worse."""
    with suppress(OSError):
        files.publish(claim.folder / _STATE, state.model_dump_json().encode())


def ask_to_stop(worker: Worker) -> None:
    """Wish that a worker leaves; it ends the run it has in hand first, saved as ``stopped``."""
    path = worker.folder / _STOP
    with files.storage(path), suppress(FileExistsError):
        files.open_new(path).close()


def asked_to_stop(claim: claims.Claim) -> bool:
    return (claim.folder / _STOP).exists()


def workers(runs: Path) -> Iterator[Worker]:
    """The workers of a runs folder that are not proven dead."""
    root = root_of(runs)
    if not root.is_dir():
        return
    for folder in sorted(root.iterdir()):
        if not folder.name.isdigit():
            continue
        holder = claims.holder(folder)
        if holder is None or holder.owner is None or holder.life is claims.Life.DEAD:
            continue
        state = WorkerState()
        with suppress(OSError, ValidationError):
            state = WorkerState.model_validate_json((folder / _STATE).read_bytes())
        silent_for = claims.silence(holder) if holder.life is claims.Life.UNKNOWN else None
        yield Worker(int(folder.name), folder, holder.owner, state, silent_for)


def waiting(store: Store, seen: set[str]) -> list[Run]:
    """The runs that wait for a worker and are not paused, in the order of the queue.

    Args:
        store: Where to look.
        seen: Ids known not to wait any more; grows with what is found, so that looking again is cheap.
    """
    found = []
    for run_id in store.ids():
        if run_id in seen:
            continue
        try:
            run = store.read(run_id)
        except FileNotFoundError:
            continue
        if run.status == "queued":
            found.append(run)
        elif run.ended:
            seen.add(run_id)
    return sorted(found, key=lambda run: (run.rank, run.id))
