"""Child processes of a benchmark: pinned to chosen cores, and killed when the benchmark ends."""

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
from mnist_lab.errors import TrainingError
from mnist_lab.text import one_line

CHECKOUT = Path(__file__).resolve().parents[1]
"""Where children run, so that ``python -m benchmarks.…`` is found there."""

_KILL_SECONDS = 10.0
"""How long :func:`kill_naming` waits for killed processes to disappear."""


def cores() -> list[int]:
    """The CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


@contextmanager
def pinned(to: Collection[int]) -> Iterator[None]:
    """Processes started inside the block run on these cores only, where the system supports that (Linux)."""
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
    cores: Collection[int],
    stderr: IO[bytes],
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A process with line-based stdin and stdout, in a session of its own that is killed at the end of the block.

    Args:
        command: What to run, in the checkout.
        cores: The cores it may use.
        stderr: Where its stderr is written.
        environment: Variables that it has in addition to those of this process.
    """
    with pinned(cores):
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, **(environment or {})},
            cwd=CHECKOUT,
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


def output_of(command: Sequence[str]) -> str:
    """Run a command in the checkout to its end and return its stdout.

    Raises:
        TrainingError: It failed; the message ends with the end of its stderr.
    """
    done = subprocess.run(
        command, capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=CHECKOUT, check=False, errors="replace"
    )
    if done.returncode:
        raise TrainingError(f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}")
    return done.stdout


def module(name: str, *arguments: str) -> list[str]:
    """The command that runs a module with this Python."""
    return [sys.executable, "-m", name, *arguments]


def competitor(name: str, *arguments: str) -> list[str]:
    """The command that runs one of :mod:`benchmarks.competitors`."""
    return module(f"{competitors.__name__}.{name}", *arguments)


def script(name: str) -> list[str]:
    """The command that runs one of :mod:`benchmarks.competitors` as a script, without the lab's package."""
    return [sys.executable, "-P", str(Path(competitors.__path__[0]) / f"{name}.py")]


def kill_naming(folder: Path) -> None:
    """Kill every process of this user whose command line contains the path of a folder, and wait until it is gone.

    The lab's workers run in sessions of their own and outlive what started them. The folder identifies them, because
    it belongs to this benchmark alone and is an argument of theirs.
    """
    deadline = time.monotonic() + _KILL_SECONDS
    while found := _naming(str(folder)):
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


def last_line(stderr: Path) -> str:
    """The last line of a saved stderr."""
    lines = stderr.read_text(errors="replace").strip().splitlines()
    return one_line(lines[-1])[:300] if lines else "no message."
