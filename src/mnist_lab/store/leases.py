"""Who holds a folder, and whether it still lives.

A claim is a folder ``claim/`` that appears whole, by one rename: of all who try, one gets it, on any file system.
Beside it, where locks work, its owner keeps ``lock`` locked while it lives. Locks only tell the living from the dead;
who holds what rests on the rename alone.
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

CLAIM = "claim"
LOCK = "lock"
_OWNER = "owner.json"
_HEARTBEAT = "heartbeat"


class Owner(BaseModel):
    """A process, named so that no other can be taken for it: pids come again, start times with them do not."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    pid: int
    started: CleanLine
    boot: CleanLine
    pid_space: int
    host: CleanLine
    locked: bool
    """Whether it holds the lock file, on a file system where that means something."""


class Life(Enum):
    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """On another host: it can only be said since when it has been silent."""


@dataclass(frozen=True)
class Holder:
    """What is known of a claim's owner. ``owner`` is None where the claim's own file is damaged or unreadable."""

    owner: Owner | None
    life: Life
    heard_at: float
    """When it last gave a sign of life, in seconds since the epoch by the file system's clock."""


class Claim:
    """A claim that this process holds. Release it, or die: both are seen at once."""

    def __init__(self, folder: Path, lock: int | None) -> None:
        self.folder = folder
        self._lock = lock

    @property
    def locked(self) -> bool:
        return self._lock is not None

    def beat(self) -> None:
        """Give a sign of life, for those on other hosts."""
        with suppress(OSError):
            os.utime(self.folder / CLAIM / _HEARTBEAT)

    def release(self, *, for_good: bool = False) -> None:
        """Give the folder up; it can be claimed again. ``for_good``: nobody will, so leave no trace."""
        with suppress(OSError):
            files.discard(self.folder / CLAIM)
        if for_good:
            with suppress(OSError):
                (self.folder / LOCK).unlink()
        self.forget()

    def forget(self) -> None:
        """Let go of the lock and leave the claim as it is."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def take(folder: Path, *, over_the_dead: bool = False) -> Claim | None:
    """Claim a folder, if nobody holds it.

    Args:
        folder: Where ``claim/`` will be.
        over_the_dead: Whether a claim whose owner is proven dead may be replaced.

    Returns:
        The claim, or None where another holds it.

    Raises:
        OSError: The folder cannot be written.
    """
    if (folder / CLAIM).exists() and not (over_the_dead and _is_dead(folder)):
        return None
    lock, held_by_another = _lock(folder)
    if held_by_another:
        return None
    try:
        if over_the_dead and _is_dead(folder, lock_is_ours=lock is not None):
            with suppress(FileNotFoundError):
                files.discard(folder / CLAIM)
        owner = me(locked=lock is not None)
        files.publish_folder(folder / CLAIM, {_OWNER: owner.model_dump_json().encode(), _HEARTBEAT: b""})
    except BaseException as error:
        if lock is not None:
            os.close(lock)
        if isinstance(error, FileExistsError):
            return None
        raise
    return Claim(folder, lock)


def holder(folder: Path) -> Holder | None:
    """Who holds a folder; None where it is unclaimed."""
    claim = folder / CLAIM
    try:
        heard_at = (claim / _HEARTBEAT).stat().st_mtime
        owner = Owner.model_validate_json((claim / _OWNER).read_bytes())
    except ValidationError:
        return Holder(None, Life.DEAD if _lock_is_free(folder) else Life.UNKNOWN, heard_at)
    except (FileNotFoundError, NotADirectoryError):
        if not claim.exists():
            return None
        return Holder(None, Life.DEAD if _lock_is_free(folder) else Life.UNKNOWN, claim.stat().st_mtime)
    except OSError:  # it is there, and could not be read just now: its owner may live, whatever locks seem to say
        return Holder(None, Life.UNKNOWN, claim.stat().st_mtime)
    return Holder(owner, _life(owner, folder), heard_at)


@cache
def me(*, locked: bool) -> Owner:
    """This process, as the owner of a claim."""
    return Owner(
        pid=os.getpid(),
        started=_start_of(os.getpid()) or "",
        boot=_boot(),
        pid_space=_pid_space(),
        host=socket.gethostname(),
        locked=locked,
    )


def has_its_pid(owner: Owner) -> bool:
    """Whether the process that has the owner's pid here is the owner, and no other that may not be touched."""
    here = owner.boot == _boot() and owner.pid_space == _pid_space()
    return here and _start_of(owner.pid) == owner.started


def _life(owner: Owner, folder: Path) -> Life:
    same_kernel = owner.boot == _boot()
    if owner.locked and same_kernel:
        free = _lock_is_free(folder)
        if free is not None:
            return Life.DEAD if free else Life.ALIVE
    if owner.host == socket.gethostname():
        if not same_kernel:
            return Life.DEAD
        if owner.pid_space == _pid_space():
            return Life.ALIVE if has_its_pid(owner) else Life.DEAD
    return Life.UNKNOWN


def _is_dead(folder: Path, *, lock_is_ours: bool = False) -> bool:
    found = holder(folder)
    if found is None:
        return False
    if lock_is_ours and (found.owner is None or (found.owner.locked and found.owner.boot == _boot())):
        return True
    return found.life is Life.DEAD


def _lock(folder: Path) -> tuple[int | None, bool]:
    """Lock a folder's lock file: (descriptor or None where locks do not work, whether another holds it)."""
    path = folder / LOCK
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
            time.sleep(0.005)  # it may only be someone asking whether the lock is free
        except OSError:
            os.close(handle)
            return None, False
    if _lock_is_free(folder):  # a second lock was granted beside ours: here locks mean nothing
        os.close(handle)
        return None, False
    return handle, False


def _lock_is_free(folder: Path) -> bool | None:
    """Whether nobody holds the lock file; None where that cannot be told."""
    try:
        handle = os.open(folder / LOCK, os.O_RDONLY)
    except FileNotFoundError:
        return True
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who ask at once do not deceive each other
        return True
    except BlockingIOError:
        return False
    except OSError:
        return None
    finally:
        os.close(handle)


def _start_of(pid: int) -> str | None:
    """When a process started, as text to compare; None where there is no such process or only its corpse."""
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


def silence(found: Holder) -> float:
    """Seconds since the last sign of life."""
    return max(0.0, time.time() - found.heard_at)
