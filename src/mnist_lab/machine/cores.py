"""Leases on processors, so that no two workers of any lab on this machine compute on the same.

A lease is a lock on a file that stands for one processor. The system releases it when its holder ends.
"""

from __future__ import annotations

import fcntl
import math
import os
import random
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

_FOLDER = "mnist-lab-processors"
_ATTEMPTS = 20


class ProcessorLease:
    """Processors that this process holds until :meth:`release` or its end."""

    def __init__(self, locks: dict[int, int]) -> None:
        self._locks = locks

    @property
    def cores(self) -> frozenset[int]:
        """Numbers of the processors, as in ``os.sched_getaffinity``."""
        return frozenset(self._locks)

    def release(self) -> None:
        """Release the processors."""
        for handle in self._locks.values():
            os.close(handle)
        self._locks = {}


def usable() -> int:
    """Number of processors that this process may use, within the CPU limit of its container."""
    cores = len(affinity())
    with suppress(OSError, ValueError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            cores = min(cores, math.ceil(int(quota) / int(period)))
    return max(1, cores)


def lease(count: int, prefer: Collection[int] = ()) -> ProcessorLease | None:
    """Lease ``count`` processors that no worker holds; None where there are fewer.

    Args:
        count: How many.
        prefer: Numbers of those to take before others.
    """
    for _ in range(_ATTEMPTS):
        if count > usable() - leased():
            return None
        taken = _lock_some(count, prefer)
        if taken is not None:
            return ProcessorLease(taken)
        # Another process only looks whether they are free, or takes some at the same moment.
        time.sleep(random.uniform(0.001, 0.01))
    return None


def pin(to: Collection[int]) -> None:
    """Run all threads of this process on these processors only, where the system supports that (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        return
    os.sched_setaffinity(0, to)
    with suppress(OSError):
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError):  # it has ended meanwhile
                os.sched_setaffinity(int(thread.name), to)


def free() -> int:
    """Number of processors that no worker holds."""
    return max(0, usable() - leased())


def leased() -> int:
    """Number of processors that workers of any lab hold."""
    return len(list(_leased()))


def affinity() -> list[int]:
    """Numbers of the processors that this process may run on, ascending: a backend's default is one thread for each."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _lock_some(count: int, prefer: Collection[int]) -> dict[int, int] | None:
    """Lock processors' files; None, and no lock is kept, where there are too few."""
    handles = dict(_handles(write=True))
    taken: dict[int, int] = {}
    for core in sorted(handles, key=lambda core: (core not in prefer, core)):
        if len(taken) < count and _lock(handles[core]):
            taken[core] = handles[core]
        else:
            os.close(handles[core])
    if len(taken) == count:
        return taken
    ProcessorLease(taken).release()
    return None


def _leased() -> Iterator[int]:
    for core, handle in _handles(write=False):
        if not _lock(handle, shared=True):
            yield core
        os.close(handle)


def _handles(*, write: bool) -> Iterator[tuple[int, int]]:
    """Each processor with the descriptor of its lock file, which ``write`` creates where it is missing."""
    folder = Path(tempfile.gettempdir()) / _FOLDER
    with suppress(OSError):
        folder.mkdir()
        folder.chmod(0o1777)
    for core in affinity():
        path = folder / str(core)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            if not write:
                continue
            try:
                handle = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
                with suppress(OSError):
                    os.fchmod(handle, 0o644)  # every user may lock it
            except OSError:
                continue
        except OSError:
            continue
        yield core, handle


def _lock(handle: int, *, shared: bool = False) -> bool:
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
