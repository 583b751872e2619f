"""What the shared options mean: a runs folder, the runs in it, and the placement of trainings."""

from __future__ import annotations

import os
from pathlib import Path

from mnist_lab.errors import UsageError
from mnist_lab.store import Store
from mnist_lab.workers.placement import LANES_VARIABLE, THREADS_VARIABLE, WORKERS_VARIABLE


def runs_folder(runs: Path | None) -> Path:
    """The folder that ``--runs`` names, else ``$MNIST_LAB_RUNS``, else ``./saved_runs``."""
    return runs or Path(os.environ.get("MNIST_LAB_RUNS") or "saved_runs")


def open_store(runs: Path | None) -> Store:
    """The store in :func:`runs_folder`.

    Raises:
        StoreError: Something else than a folder is there.
    """
    return Store.locate(runs_folder(runs))


def place(workers: int | None, threads: int | None, lanes: int | None = None) -> None:
    """Let this process, and the workers it starts, hold to what was said about workers, threads and lanes."""
    for variable, value in ((WORKERS_VARIABLE, workers), (THREADS_VARIABLE, threads), (LANES_VARIABLE, lanes)):
        if value is not None:
            os.environ[variable] = str(value)


def resolve_all(store: Store, ends: list[str] | None) -> list[str]:
    """The ids that the given ends mean, each once.

    Raises:
        UsageError: One is no id, or none was given.
    """
    if not ends:
        raise UsageError("Which run? Give the end of its id; `mnist-lab runs list` shows them.")
    return list(dict.fromkeys(store.resolve(end) for end in ends))
