"""The processes of workers: whether one is what it claims to be, and whether this user may end it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_lab.store import owners
from mnist_lab.store.owners import Owner

if TYPE_CHECKING:
    import psutil


def is_genuine(owner: Owner, made_by: int, runs: Path) -> bool:
    """Whether the owner of a slot may be taken for a worker of a runs folder.

    Any member of the group can write a slot that names any process. One that this user has made is believed, where its
    process, if it can be seen, is this user's, too. One that another has made is where the command line of its process
    is that of a worker of this folder.

    Args:
        owner: Who the slot says has taken it.
        made_by: The user whose file says so.
        runs: The runs folder.
    """
    ours = made_by == os.geteuid()
    if ours and owners.uid_of(owner.pid) == made_by:  # the usual case, without psutil
        return True
    process = _process_of(owner)
    return ours if process is None else _serves(process, runs)


def kill(owner: Owner, runs: Path) -> bool:
    """End a worker of a runs folder at once: its runs will have died.

    Only a process that is proven to be the owner, that belongs to this user, and whose command line is that of a worker
    of this folder is sent a signal.

    Returns:
        Whether it was sent one.
    """
    import psutil

    process = _process_of(owner)
    if process is None or _uid_of(process) != os.geteuid() or not _serves(process, runs):
        return False
    try:
        process.kill()  # which makes sure again that the pid is still that process's
    except psutil.Error:
        return False
    return True


def folder_served(command: Sequence[str], environment: Mapping[str, str], current: Path) -> Path | None:
    """The runs folder that a process serves as a worker, by its command line; None where it is no worker of the lab.

    Example:
        >>> folder_served(["python", "-m", "mnist_lab", "worker", "--runs", "/srv/runs"], {}, Path("/"))
        PosixPath('/srv/runs')
    """
    for index, word in enumerate(command):
        if word == "worker" and _is_lab(command[:index]):
            named = environment.get("MNIST_LAB_RUNS") or "saved_runs"
            for option, value in pairwise((*command[index + 1 :], "")):
                if option == "--runs":
                    named = value
                elif option.startswith("--runs="):
                    named = option.removeprefix("--runs=")
            return current / Path(named).expanduser()
    return None


def _is_lab(command: Sequence[str]) -> bool:
    """Whether a command line, up to the name of a command, starts the lab."""
    return list(command[-2:]) == ["-m", "mnist_lab"] or bool(command and Path(command[-1]).name == "mnist-lab")


def _process_of(owner: Owner) -> psutil.Process | None:
    """The living process that is the owner; None where none is proven to be."""
    if not owners.lives(owner):
        return None

    import psutil

    try:
        return psutil.Process(owner.pid)
    except psutil.Error:
        return None


def _uid_of(process: psutil.Process) -> int | None:
    import psutil

    try:
        return process.uids().effective
    except psutil.Error:
        return None


def _serves(process: psutil.Process, runs: Path) -> bool:
    """Whether a process is a worker of a runs folder, by its command line."""
    import psutil

    try:
        command = process.cmdline()
    except psutil.Error:
        return False
    try:
        environment, current = process.environ(), Path(process.cwd())
    except (psutil.Error, OSError):  # another user's: those that a frontend starts name their folder in full
        environment, current = {}, Path("/nowhere")
    try:
        served = folder_served(command, environment, current)
        return served is not None and served.samefile(runs)
    except (OSError, RuntimeError):
        return False
