"""Giving up runs whose workers are on hosts of which nothing is heard, so that they can be trained again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from mnist_lab.errors import StoreError, UsageError
from mnist_lab.formatting import duration
from mnist_lab.store import files, leases
from mnist_lab.store.run import Run
from mnist_lab.store.runs import Store


def give_up(store: Store, run_id: str) -> None:
    """Take a run away from a worker on another host that is silent: from then on it waits again.

    Should that worker go on, it finds that the run is not its own any more and saves nothing.

    Raises:
        UsageError: No worker has it, or its worker is alive, or was heard of a moment ago.
        StoreError: It could not be written.
    """
    run = store.read(run_id)
    folder = store.folder(run_id)
    found = leases.holder(folder)
    if run.ended or found is None:
        raise UsageError(f"Run {run_id} is held by no worker: it is {run.status}.")
    if found.liveness is not leases.Liveness.UNKNOWN:
        pid = f" {found.owner.pid}" if found.owner is not None else ""
        raise UsageError(
            f"Run {run_id} is {run.status}, and its worker{pid} is alive; `mnist-lab runs stop {run_id[-6:]}` stops it."
        )
    with files.storage(folder):
        silent = leases.seconds_silent(found, files.time_there(folder))
        if silent < leases.SILENT_SECONDS:
            raise UsageError(
                f"Run {run_id} is {run.status} on another host, which reported {duration(silent)} ago; it can be given "
                f"up after {duration(leases.SILENT_SECONDS)} of silence."
            )
        _free(store, run_id, found)


def give_up_lost(store: Store, runs: Iterable[Run], after: float) -> list[str]:
    """Give up those of some runs whose workers have been silent for long. Runs that cannot be written are left.

    Args:
        store: Where they are.
        runs: Any runs, as they were read a moment ago.
        after: Seconds of silence, by the clock of the file system, after which a worker counts as lost.

    Returns:
        The ids of those that wait again.
    """
    given_up = []
    for run in runs:
        if not run.elsewhere:
            continue
        folder = store.folder(run.id)
        with suppress(OSError, StoreError):
            found = leases.holder(folder)
            if found is None or found.liveness is not leases.Liveness.UNKNOWN:
                continue
            if leases.seconds_silent(found, files.time_there(folder)) < after:
                continue
            if _free(store, run.id, found):
                given_up.append(run.id)
    return given_up


def _free(store: Store, run_id: str, found: leases.Holder) -> bool:
    """Let a run wait again; False where that has happened meanwhile."""
    folder = store.folder(run_id)
    with files.exclusive(folder):  # of those who give up the same run
        now = leases.holder(folder)
        if now is None or now.owner != found.owner:
            return False
        store.set_aside(run_id)  # before any worker can begin
        return leases.revoke(folder, found.owner)
