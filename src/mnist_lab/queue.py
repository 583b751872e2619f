"""Asking for runs and wishing things of them, whoever serves them; starting a worker where none does."""

from __future__ import annotations

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mnist_lab import __version__
from mnist_lab.errors import StoreError, UsageError
from mnist_lab.experiment import Experiment
from mnist_lab.record import Environment, Keep, Request, without_training
from mnist_lab.store import Run, Store, claims, files, serving
from mnist_lab.store.ids import new_id
from mnist_lab.text import clean, one_line

IDLE_SECONDS = 600.0
"""How long a worker that was started for a face stays warm with nothing to do."""

_WORKER_OUTPUT = "worker.log"


def ask(
    store: Store,
    experiment: Experiment,
    *,
    preset: str | None = None,
    study: str | None = None,
    note: str = "",
    tags: Sequence[str] = (),
    keep: Keep = "all",
    data_file: Path | None = None,
) -> Request:
    """Publish a request for one run, at the end of the queue.

    Raises:
        StoreError: It could not be written; nothing of it is left.
    """
    request = Request(
        id=new_id(),
        experiment=experiment,
        preset=preset,
        study=study,
        note=note,
        tags=tuple(tags),
        keep=keep,
        data_file=None if data_file is None else _kept_name(data_file),
        asked_at=datetime.now(UTC),
    )
    store.request(request)
    return request


def stop(store: Store, run_id: str) -> None:
    """Ask for a run to end. One that still waits ends at once; a running one is saved at the end of its compiled call.

    Raises:
        UsageError: It has ended already.
    """
    run = store.read(run_id)
    if run.ended:
        raise UsageError(f"Run {run_id} has already ended: it is {run.status}.")
    if not _withdraw(store, run):
        store.wish(run_id, "stop")


def pause(store: Store, run_id: str) -> None:
    """Ask for a run to wait, until :func:`resume`. One that is queued will not be started meanwhile.

    Raises:
        UsageError: It has ended already.
    """
    run = store.read(run_id)
    if run.ended:
        raise UsageError(f"Run {run_id} has already ended: it is {run.status}.")
    store.wish(run_id, "pause")


def resume(store: Store, run_id: str) -> None:
    """Let a paused run go on.

    Raises:
        UsageError: It is not paused.
    """
    run = store.read(run_id)
    if run.status != "paused":
        raise UsageError(f"Run {run_id} is not paused: it is {run.status}.")
    store.unwish(run_id, "pause")


def put_first(store: Store, run_ids: Sequence[str]) -> None:
    """Put waiting runs before all others that wait, in the order given."""
    ours = set(run_ids)
    others = [run.rank for run in serving.waiting(store, set()) if run.id not in ours]
    if others:
        for place, run_id in enumerate(run_ids):
            store.move(run_id, min(others) - len(run_ids) + place)


def move(store: Store, run_id: str, by: int) -> None:
    """Let a waiting run change places with the one before it (``by`` -1) or after it (1).

    Raises:
        UsageError: It does not wait.
    """
    order = serving.waiting(store, set())
    place = next((place for place, run in enumerate(order) if run.id == run_id), None)
    if place is None:
        raise UsageError(f"Run {run_id} does not wait in the queue: it is {store.read(run_id).status}.")
    if not 0 <= place + by < len(order):
        return
    run, other = order[place], order[place + by]
    store.move(run.id, other.rank if other.rank != run.rank else other.rank + by)
    store.move(other.id, run.rank)


def describe(store: Store, run_id: str, note: str, tags: Sequence[str]) -> None:
    """Replace the note and tags of a run that has ended.

    Raises:
        DamagedRunError: It has no record, or one that this version must not rewrite.
        StoreError: The record could not be written; the old one is still there.
    """
    record = store.record(run_id)
    store.publish(record.model_copy(update={"note": clean(note), "tags": tuple(one_line(tag) for tag in tags)}))


def ensure_worker(store: Store, *, idle_seconds: float = IDLE_SECONDS) -> subprocess.Popen[bytes] | None:
    """Start a worker where none serves the store, in a session of its own: it outlives this process and its terminal.

    Returns:
        The process, or None where a worker serves already.

    Raises:
        StoreError: It could not be started.
    """
    if any(worker.silent_for is None for worker in serving.workers(store.root)):
        return None
    root = serving.root_of(store.root)
    with files.storage(root):
        if not root.is_dir():
            with suppress(FileExistsError):
                files.make_folder(root)
        log = os.open(root / _WORKER_OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
        with suppress(OSError):  # it may be someone else's already
            os.fchmod(log, files.folder_mode(root) & 0o666)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "mnist_lab", "worker", "--runs", str(store.root), "--idle", f"{idle_seconds:g}"],
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


def last_words(store: Store) -> str:
    """The last line that a worker wrote outside any run, which is where it says why it could not serve."""
    with suppress(OSError):
        lines = (serving.root_of(store.root) / _WORKER_OUTPUT).read_text(errors="replace").strip().splitlines()
        return one_line(lines[-1]) if lines else ""
    return ""


def stop_workers(store: Store, *, kill: bool = False) -> int:
    """Ask the workers of a store to leave; what they have in hand is saved as ``stopped``, what waits goes on waiting.

    Args:
        store: Whose workers.
        kill: End those on this host at once instead: their runs will have died.

    Returns:
        How many were asked.
    """
    count = 0
    for worker in serving.workers(store.root):
        count += 1
        if kill and claims.has_its_pid(worker.owner):
            with suppress(PermissionError, ProcessLookupError):  # another user's, or gone by itself
                os.kill(worker.owner.pid, signal.SIGKILL)
                continue
        serving.ask_to_stop(worker)
    return count


def _kept_name(data_file: Path) -> str | None:
    """Its full name; None for one that is no text, which the cache of the images makes up for."""
    name = str(data_file.absolute())
    return name if name == clean(name) else None


def _withdraw(store: Store, run: Run) -> bool:
    """End a run that no worker has taken; False where one has."""
    if run.request is None:
        return False
    with files.storage(store.folder(run.id)):
        claim = claims.take(store.folder(run.id))
    if claim is None:
        return False
    try:
        found = store.read(run.id)
        if found.ended:  # a worker was quicker, from claim to record
            raise UsageError(f"Run {run.id} has already ended: it is {found.status}.")
        now = datetime.now(UTC)
        environment = Environment(mnist_lab=__version__, python=platform.python_version())
        reason = "It was stopped before it began."
        store.publish(
            without_training(run.request, "stopped", reason, started_at=now, finished_at=now, environment=environment)
        )
    except BaseException:
        claim.release()
        raise
    claim.release(for_good=True)
    return True
