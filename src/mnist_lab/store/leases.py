"""Leases on folders: which process holds a folder, and whether it is alive.

A lease is a folder ``claim/`` that one atomic rename creates: of all processes that try, exactly one succeeds, on any
file system. Where file locks work, the owner keeps the file ``lock`` next to it locked while it runs. The lock only
shows whether the owner is alive; exclusivity rests on the rename.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_lab.store import files
from mnist_lab.text import CleanLine

LEASE_FOLDER = "claim"
LOCK_FILE = "lock"
_OWNER = "owner.json"
_HEARTBEAT = "heartbeat"


class Owner(BaseModel):
    """A process, identified by pid and start time, because pids are reused."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    pid: int
    started: CleanLine
    boot: CleanLine
    pid_space: int
    host: CleanLine
    locked: bool
    """Whether it holds the lock file; False on file systems without working locks."""


class Liveness(Enum):
    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """On another host: only the age of its last heartbeat is known."""


@dataclass(frozen=True)
class Holder:
    """What is known of a lease's owner. ``owner`` is None where the lease's own file is damaged or unreadable."""

    owner: Owner | None
    liveness: Liveness
    last_heartbeat: float
    """Time of its last heartbeat, in seconds since the epoch by the file system's clock."""


class Lease:
    """A lease that this process holds until :meth:`release` or its end; others see either at once."""

    def __init__(self, folder: Path, lock: int | None) -> None:
        self.folder = folder
        self._lock = lock

    @property
    def locked(self) -> bool:
        """Whether the lock file is held as well, which it is where file locks work."""
        return self._lock is not None

    def beat(self) -> None:
        """Renew the heartbeat, which processes on other hosts read."""
        with suppress(OSError):
            os.utime(self.folder / LEASE_FOLDER / _HEARTBEAT)

    def release(self, *, remove_lock: bool = False) -> None:
        """End the lease, so that the folder can be leased again.

        Args:
            remove_lock: Remove the lock file too, where no lease will follow.
        """
        with suppress(OSError):
            files.discard(self.folder / LEASE_FOLDER)
        if remove_lock:
            with suppress(OSError):
                (self.folder / LOCK_FILE).unlink()
        self.abandon()

    def abandon(self) -> None:
        """Release the lock only: others then see the lease of a dead process."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def take(folder: Path, *, replace_dead: bool = False) -> Lease | None:
    """Take the lease of a folder.

    Args:
        folder: Where ``claim/`` will be.
        replace_dead: Whether a lease whose owner is proven dead may be replaced.

    Returns:
        The lease, or None where another process holds it.

    Raises:
        OSError: The folder cannot be written.
    """
    if (folder / LEASE_FOLDER).exists() and not (replace_dead and _holder_is_dead(folder)):
        return None
    lock, held_by_another = _lock(folder)
    if held_by_another:
        return None
    try:
        if replace_dead and _holder_is_dead(folder, lock_is_ours=lock is not None):
            with suppress(FileNotFoundError):
                files.discard(folder / LEASE_FOLDER)
        owner = this_process(locked=lock is not None)
        files.publish_folder(folder / LEASE_FOLDER, {_OWNER: owner.model_dump_json().encode(), _HEARTBEAT: b""})
    except BaseException as error:
        if lock is not None:
            os.close(lock)
        if isinstance(error, FileExistsError):
            return None
        raise
    return Lease(folder, lock)


def is_taken(folder: Path) -> bool:
    """Whether a folder has a lease, whoever holds it and whether that lives."""
    return os.path.lexists(f"{folder}/{LEASE_FOLDER}")


def holder(folder: Path) -> Holder | None:
    """Who holds the lease of a folder; None where it has none."""
    lease = folder / LEASE_FOLDER
    try:
        last_heartbeat = (lease / _HEARTBEAT).stat().st_mtime
        owner = Owner.model_validate_json((lease / _OWNER).read_bytes())
    except ValidationError:
        return Holder(None, Liveness.DEAD if _lock_is_free(folder) else Liveness.UNKNOWN, last_heartbeat)
    except (FileNotFoundError, NotADirectoryError):
        if not lease.exists():
            return None
        return Holder(None, Liveness.DEAD if _lock_is_free(folder) else Liveness.UNKNOWN, lease.stat().st_mtime)
    except OSError:  # it exists, and cannot be read just now: its owner may be alive, whatever the lock shows
        return Holder(None, Liveness.UNKNOWN, lease.stat().st_mtime)
    return Holder(owner, _liveness(owner, folder), last_heartbeat)


@cache
def this_process(*, locked: bool) -> Owner:
    """This process, as the owner of a lease."""
    return Owner(
        pid=os.getpid(),
        started=_start_of(os.getpid()) or "",
        boot=_boot(),
        pid_space=_pid_space(),
        host=socket.gethostname(),
        locked=locked,
    )


def is_same_process(owner: Owner) -> bool:
    """Whether the process that has the owner's pid on this machine is the owner itself, so that it may be killed."""
    here = owner.boot == _boot() and owner.pid_space == _pid_space()
    return here and _start_of(owner.pid) == owner.started


def _liveness(owner: Owner, folder: Path) -> Liveness:
    same_kernel = owner.boot == _boot()
    if owner.locked and same_kernel:
        free = _lock_is_free(folder)
        if free is not None:
            return Liveness.DEAD if free else Liveness.ALIVE
    if owner.host == socket.gethostname():
        if not same_kernel:
            return Liveness.DEAD
        if owner.pid_space == _pid_space():
            return Liveness.ALIVE if is_same_process(owner) else Liveness.DEAD
    return Liveness.UNKNOWN


def _holder_is_dead(folder: Path, *, lock_is_ours: bool = False) -> bool:
    found = holder(folder)
    if found is None:
        return False
    if lock_is_ours and (found.owner is None or (found.owner.locked and found.owner.boot == _boot())):
        return True
    return found.liveness is Liveness.DEAD


def _lock(folder: Path) -> tuple[int | None, bool]:
    """Lock a folder's lock file: (descriptor or None where locks do not work, whether another holds it)."""
    path = folder / LOCK_FILE
    mode = files.folder_mode(folder) & 0o666
    handle = os.open(path, os.O_RDWR | os.O_CREAT, mode)
    with suppress(OSError):
        os.fchmod(handle, mode)
    for patience in reversed(range(10)):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if not patience:
                os.close(handle)
                return None, True
            time.sleep(0.005)  # another process may only be testing whether the lock is free
        except OSError:
            os.close(handle)
            return None, False
    if _lock_is_free(folder):  # a second lock was granted next to ours: locks do not work here
        os.close(handle)
        return None, False
    return handle, False


def _lock_is_free(folder: Path) -> bool | None:
    """Whether no process holds the lock file; None where that cannot be determined."""
    try:
        handle = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return True
    except OSError:
        return None
    try:
        fcntl.flock(
            handle, fcntl.LOCK_SH | fcntl.LOCK_NB
        )  # shared, so that two concurrent tests do not see each other as the owner
        return True
    except BlockingIOError:
        return False
    except OSError:
        return None
    finally:
        os.close(handle)


def _start_of(pid: int) -> str | None:
    """Start time of a process, as text to compare; None where there is none, or only a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():  # ticks since boot, which no clock adjustment moves
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]

    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


@cache
def _boot() -> str:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()

    import psutil

    return f"{psutil.boot_time():.0f}"


@cache
def _pid_space() -> int:
    with suppress(OSError):
        return Path("/proc/self/ns/pid").stat().st_ino
    return 0


def seconds_silent(found: Holder) -> float:
    """Seconds since the last heartbeat."""
    return max(0.0, time.time() - found.last_heartbeat)
