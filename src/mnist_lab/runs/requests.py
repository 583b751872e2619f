"""Requests for runs, and the requests to stop, pause or retry them."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mnist_lab import __version__
from mnist_lab.errors import DamagedRunError, LabError, UsageError
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import (
    MAX_TAGS,
    Backend,
    Environment,
    Keep,
    Record,
    Request,
    RunSpec,
    TrainingSummary,
)
from mnist_lab.store import Run, Store, files, leases, lost, registry, run_queue
from mnist_lab.store.ids import new_id
from mnist_lab.text import MAX_LINE, MAX_TEXT, clean, one_line
from mnist_lab.workers.placement import ALL_THREADS, Placement


def threads_for(
    store: Store, experiments: Sequence[Experiment], placement: Placement, backend: Backend, live: int = 0
) -> list[int]:
    """With how many threads to train each, by which workers are warm; see :meth:`Placement.threads_for`."""
    workers = registry.workers(store.root)
    warm = {worker.kind.threads for worker in workers if worker.state.warm and worker.kind.backend == backend}
    return placement.threads_for(experiments, live, warm)


def ask(
    store: Store,
    planned: Planned,
    *,
    note: str = "",
    tags: Sequence[str] = (),
    keep: Keep = "all",
    backend: Backend = "tensorflow",
    threads: int = ALL_THREADS,
    data_file: Path | None = None,
) -> Request:
    """Publish a request for one run, at the end of the queue.

    Example:
        >>> ask(store, plan.from_experiment(DEFAULT.derive(units=64)), note="half as wide")

    Raises:
        UsageError: The note or a tag is too long, or there are too many tags.
        StoreError: It could not be written; nothing of it is left.
    """
    request = Request(
        id=new_id(),
        experiment=planned.experiment,
        preset=planned.preset,
        study=planned.study,
        **_labels(note, tags),
        keep=keep,
        backend=backend,
        threads=threads,
        data_file=None if data_file is None else _kept_name(data_file),
        asked_at=datetime.now(UTC),
        **dict.fromkeys(planned.measurements, True),
    )
    store.request(request)
    return request


def ask_all(
    store: Store,
    plans: Sequence[Planned],
    placement: Placement,
    *,
    note: str = "",
    tags: Sequence[str] = (),
    keep: Keep = "all",
    backend: Backend = "tensorflow",
    data_file: Path | None = None,
) -> list[Request]:
    """Publish a request for each of some trainings, with as many threads as will end all of them soonest.

    Raises:
        StoreError: One could not be written; those before it are asked for.
    """
    live = len(run_queue.Queue(store).live())
    threads = threads_for(store, [planned.experiment for planned in plans], placement, backend, live)
    return [
        ask(
            store,
            planned,
            note=note,
            tags=tags,
            keep=keep,
            backend=backend,
            threads=threads_of_it,
            data_file=data_file,
        )
        for planned, threads_of_it in zip(plans, threads, strict=True)
    ]


def retry(store: Store, run_id: str) -> Request:
    """Ask again for what a run was that has ended without finishing. It stays as it is.

    Raises:
        UsageError: It has not ended, or it has finished.
        DamagedRunError: What it was is not known, or it cannot be read just now.
    """
    run = _readable(store, run_id)
    if not run.ended:
        raise UsageError(f"Run {run_id} has not ended: it is {run.status}.")
    if run.status == "finished":
        raise UsageError(f"Run {run_id} has finished; `mnist-lab run --like {run_id[-6:]}` trains it anew.")
    request = store.request_of(run_id)
    if request is None:
        raise DamagedRunError(f"What run {run_id} was is not known: its request is damaged or cannot be read.")
    again = request.model_copy(update={"id": new_id(), "asked_at": datetime.now(UTC)})
    store.request(again)
    return again


def stop(store: Store, run_id: str) -> None:
    """Ask for a run to end. One that still waits ends at once; a running one is saved at the end of its compiled call.

    Raises:
        UsageError: It has ended already.
        DamagedRunError: It is damaged, or cannot be read just now.
    """
    run = _readable(store, run_id)
    if run.ended:
        raise _has_ended(run)
    if not withdraw(store, run):
        store.set_flag(run_id, "stop")


def pause(store: Store, run_id: str) -> None:
    """Ask for a run to wait, until :func:`resume`. One that is queued will not be started meanwhile.

    Raises:
        UsageError: It has ended already.
        DamagedRunError: It is damaged, or cannot be read just now.
    """
    run = _readable(store, run_id)
    if run.ended:
        raise _has_ended(run)
    store.set_flag(run_id, "pause")


def resume(store: Store, run_id: str) -> None:
    """Resume a paused run.

    Raises:
        UsageError: It is not paused.
        DamagedRunError: It is damaged, or cannot be read just now.
    """
    run = _readable(store, run_id)
    if run.status != "paused":
        raise _kind_of_error(run)(f"Run {run_id} is not paused: it is {run.status}.")
    store.clear_flag(run_id, "pause")


def give_up(store: Store, run_id: str) -> None:
    """Give up a run that a silent host has: it waits again, or ends where it was to be stopped.

    Raises:
        UsageError: No worker has it, or its worker is alive, or was heard of a moment ago.
        StoreError: It could not be written.
    """
    lost.give_up(store, run_id)
    if store.has_flag(run_id, "stop"):
        withdraw(store, store.read(run_id))


def put_first(store: Store, run_ids: Sequence[str]) -> None:
    """Put waiting runs before all others that wait, in the order given."""
    ours = set(run_ids)
    others = [run.rank for run in run_queue.waiting(store) if run.id not in ours]
    if others:
        for index, run_id in enumerate(run_ids):
            store.move(run_id, min(others) - len(run_ids) + index)


def move(store: Store, run_id: str, by: int) -> None:
    """Let a waiting run swap positions with the one before it (``by`` -1) or after it (1).

    Raises:
        UsageError: It does not wait.
    """
    order = run_queue.waiting(store)
    index = next((index for index, run in enumerate(order) if run.id == run_id), None)
    if index is None:
        raise UsageError(f"Run {run_id} does not wait in the queue: it is {store.read(run_id).status}.")
    if not 0 <= index + by < len(order):
        return
    run, other = order[index], order[index + by]
    store.move(run.id, other.rank if other.rank != run.rank else other.rank + by)
    store.move(other.id, run.rank)


def describe(store: Store, run_id: str, note: str, tags: Sequence[str]) -> None:
    """Replace the note and tags of a run that has ended.

    Raises:
        UsageError: The note or a tag is too long, or there are too many tags.
        DamagedRunError: It has no record, or one that this version must not rewrite.
        StoreError: The record could not be written; the old one is still there.
    """
    record = store.record(run_id)
    store.rewrite(record.model_copy(update=_labels(note, tags)))


def _labels(note: str, tags: Sequence[str]) -> dict[str, Any]:
    """Note and tags of a run by field, cleaned.

    Raises:
        UsageError: The note or a tag is too long, or there are too many tags.
    """
    cleaned = {"note": clean(note), "tags": tuple(one_line(tag) for tag in tags)}
    try:
        RunSpec(id="", experiment=DEFAULT, **cleaned)
    except ValidationError:
        raise UsageError(
            f"A note has at most {MAX_TEXT:,} characters, a tag at most {MAX_LINE:,}, and a run at most {MAX_TAGS:,} "
            "tags; shorten what is longer."
        ) from None
    return cleaned


def _readable(store: Store, run_id: str) -> Run:
    """A run as it stands.

    Raises:
        DamagedRunError: It cannot be read just now, so that nothing can be decided on it.
    """
    run = store.read(run_id)
    if run.status == "unreadable":
        raise DamagedRunError(f"Run {run_id} is left as it is, for it cannot be read just now. {run.reason}")
    return run


def _has_ended(run: Run) -> LabError:
    """The error of a request to a run that has ended."""
    return _kind_of_error(run)(f"Run {run.id} has already ended: it is {run.status}.")


def _kind_of_error(run: Run) -> type[LabError]:
    """What asking something of a run that it cannot do is: an error of its files if it is damaged, else wrong usage."""
    return DamagedRunError if run.status == "damaged" else UsageError


def _kept_name(data_file: Path) -> str | None:
    """Its full name; None for one that is no text, which the cache of the images makes up for."""
    name = str(data_file.absolute())
    return name if name == clean(name) else None


def withdraw(store: Store, run: Run) -> bool:
    """End a run that no worker has taken; False where one has, or may have.

    Raises:
        UsageError: It has just ended.
        DamagedRunError: It cannot be read any more.
    """
    if run.request is None or not run.live:
        return False
    with files.storage(store.folder(run.id)):
        lease = leases.take(store.folder(run.id))
    if lease is None:
        return False
    try:
        found = _readable(store, run.id)
        if found.ended:  # a worker was quicker, between lease and record
            raise _has_ended(found)
        now = datetime.now(UTC)
        environment = Environment(mnist_lab=__version__, python=platform.python_version())
        reason = "It was stopped before it began."
        summary = TrainingSummary.of_epochs("stopped", reason)
        store.publish(Record.of(run.request, summary, started_at=now, finished_at=now, environment=environment))
    except BaseException:
        lease.release()
        raise
    lease.release(remove_lock=True)
    return True
