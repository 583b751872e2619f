"""The processes that a benchmark starts: pinned to chosen cores, and gone when the benchmark is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psutil

from benchmarks import competitors
from mnist_lab.text import one_line

_PATIENCE = 10.0


def cores() -> list[int]:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextmanager
def pinned(to: Collection[int]) -> Iterator[None]:
    """What is started inside runs on these processors alone, where the system can do that (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, to)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def child(
    command: Sequence[str],
    *,
    on: Collection[int],
    complaints: IO[bytes],
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A process that is talked to by lines, in a session of its own; whatever is left of that is killed at the end.

    Args:
        command: What to run.
        on: The processors it may use.
        complaints: Where its stderr goes.
        environment: What its environment has beside this process's.
        folder: Where it runs, if not here.
    """
    with pinned(on):
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env={**os.environ, **(environment or {})},
            cwd=folder,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


def script(name: str) -> list[str]:
    """The command that runs one of :mod:`benchmarks.competitors` as a script of its own, without the lab's package."""
    return [sys.executable, "-P", str(Path(competitors.__path__[0]) / f"{name}.py")]


def end_all(naming: Path) -> None:
    """Kill every process of this user whose command line names a folder of this benchmark, and wait until it is gone.

    Workers live in sessions of their own and outlive what started them; the folder, which no other process knows,
    tells them.
    """
    deadline = time.monotonic() + _PATIENCE
    while found := _naming(str(naming)):
        for process in found:
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process.kill()
        if time.monotonic() > deadline:
            return
        psutil.wait_procs(found, timeout=1)


def _naming(folder: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            named = any(folder in argument for argument in process.cmdline())
            if named and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def last_line(complaints: Path) -> str:
    """What a process said last on its stderr, as one line."""
    lines = complaints.read_text(errors="replace").strip().splitlines()
    return one_line(lines[-1])[:300] if lines else "it said nothing."
