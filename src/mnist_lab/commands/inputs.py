"""What the shared options mean: a runs folder, the runs in it, and the placement of trainings."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mnist_lab.errors import UsageError
from mnist_lab.store import Store
from mnist_lab.workers.placement import Placement

_TIME = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")


def runs_folder(runs: Path | None) -> Path:
    """The folder that ``--runs`` names, else ``$MNIST_LAB_RUNS``, else ``./saved_runs``."""
    return runs or Path(os.environ.get("MNIST_LAB_RUNS") or "saved_runs")


def open_store(runs: Path | None) -> Store:
    """The store in :func:`runs_folder`.

    Raises:
        StoreError: Something else than a folder is there.
    """
    return Store.locate(runs_folder(runs))


def placement_here(workers: int | None = None, threads: int | None = None, lanes: int | None = None) -> Placement:
    """How trainings are divided here, by the options ``--workers``, ``--threads`` and ``--lanes``.

    Where one is not given, or the command does not have it, its variable counts: ``MNIST_LAB_WORKERS`` and so on.

    Raises:
        UsageError: A variable holds something else than a whole number from 1 to 1024.
    """
    return Placement.here(
        _chosen("MNIST_LAB_WORKERS") if workers is None else workers,
        _chosen("MNIST_LAB_THREADS") if threads is None else threads,
        _chosen("MNIST_LAB_LANES") if lanes is None else lanes,
    )


def resolve_all(store: Store, ends: list[str] | None) -> list[str]:
    """The ids that the given ends mean, each once.

    Raises:
        UsageError: One is no id, or none was given.
    """
    if not ends:
        raise UsageError("Which run? Give the end of its id; `mnist-lab runs list` shows them.")
    return list(dict.fromkeys(store.resolve(end) for end in ends))


def seconds_of(text: str, option: str) -> float:
    """The seconds of a time such as ``90s``, ``20m`` or ``1h30m``.

    Raises:
        UsageError: It is none; names the option.
    """
    found = _TIME.fullmatch(text.strip().lower())
    hours, minutes, seconds = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if not total:
        raise UsageError(f"{option} takes a time such as 90s, 20m or 1h30m; {text!r} is none.")
    return total


def _chosen(variable: str) -> int | None:
    text = os.environ.get(variable, "")
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise UsageError(f"{variable} takes a whole number from 1 to 1024; {text!r} is not.")
    return int(text)
