"""Leases on processors, so that no two workers of any lab on this machine compute on the same.

A lease is a lock on a file that stands for one processor. The system releases it when its holder ends.
"""

from __future__ import annotations

import fcntl
import math
import os
import random
import stat
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from mnist_lab.machine import cgroups, opener
from mnist_lab.machine.shared_path import SharedPath

_FOLDER = "mnist-lab-processors"
_SHARED = 0o1777
_ATTEMPTS = 20

_INITIAL_NAMESPACES = {"pid": 0xEFFFFFFC, "cgroup": 0xEFFFFFFB}
"""Inode numbers of the namespaces that Linux starts with: include/linux/proc_ns.h."""


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
    limit = cgroups.cpus()
    cores = len(affinity())
    return max(1, cores if limit is None else min(cores, math.ceil(limit)))


def thread_limit() -> int | None:
    """Number of threads for a backend that would start one for each processor of :func:`affinity`.

    Returns:
        None where that is as many as it may use.
    """
    return usable() if usable() < len(affinity()) else None


def pin(to: Collection[int]) -> None:
    """Run all threads of this process on some processors only, where leases on them exclude all others (Linux).

    In a container they do not: another one has leases of its own on the very same processors, the lowest first. There
    the system, which sees them all, chooses.
    """
    if not hasattr(os, "sched_setaffinity") or in_container():
        return
    os.sched_setaffinity(0, to)
    with suppress(OSError):
        for thread in Path("/proc/self/task").iterdir():
            with suppress(OSError):  # it has ended meanwhile
                os.sched_setaffinity(int(thread.name), to)


def in_container() -> bool:
    """Whether this process is in a pid or cgroup namespace other than that of the machine."""
    for kind, initial in _INITIAL_NAMESPACES.items():
        with suppress(OSError):
            if Path(f"/proc/self/ns/{kind}").stat().st_ino != initial:
                return True
    return False


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
    folder = _folder()
    if folder is None:
        return
    for core in affinity():
        path = folder / str(core)
        with suppress(OSError):
            # Every user may lock it.
            yield core, opener.open_shared(path, os.O_RDONLY, 0o644) if write else opener.open_handle(path)


def _folder() -> SharedPath | None:
    """The folder of the lock files; None where there can be none.

    It is one for all users of the machine, unless somebody has made another kind of folder of its name: then this
    user's own. Nothing is believed of what is in it but who holds a lock, and any user may hold those.
    """
    temporary = SharedPath.named(Path(tempfile.gettempdir()))
    for name, mode in ((_FOLDER, _SHARED), (f"{_FOLDER}-{os.geteuid()}", 0o700)):
        with suppress(OSError):
            opener.make_folder(temporary / name, mode)
        with suppress(OSError):
            found = opener.status(temporary / name)
            is_shared = stat.S_IMODE(found.st_mode) == _SHARED
            if stat.S_ISDIR(found.st_mode) and (is_shared or found.st_uid == os.geteuid()):
                return temporary / name
    return None


def _lock(handle: int, *, shared: bool = False) -> bool:
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
