"""Leases on folders: which process holds a folder, and whether it is alive.

A lease is a folder ``claim/`` that one atomic rename creates: of all processes that try, exactly one succeeds, on any
file system. Where file locks work, the owner keeps the file ``lock`` next to it locked while it runs. The lock only
shows whether the owner is alive; exclusivity rests on the rename.

Whether it is alive is proven or unknown, never guessed from silence:

- A held lock means alive, whatever host and boot the owner's file names.
- On the same kernel and in the same pid space, its pid and start time prove either.
- On the same kernel otherwise, a lock that is there and free means dead.
- An earlier boot of this machine means dead.
- Anything else is unknown; then only the age of the last heartbeat is known.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pydantic import ValidationError

from mnist_lab.machine import opener
from mnist_lab.machine.shared_path import NotADocumentError
from mnist_lab.store import files, owners
from mnist_lab.store.owners import Owner, this_process

LEASE_FOLDER = "claim"
LOCK_FILE = "lock"
SILENT_SECONDS = 30.0
"""After so long without a heartbeat, an owner of which nothing else is known is called silent. A worker sends one every
five seconds, but none while it compiles."""

_OWNER = "owner.json"
_OWNER_LIMIT = 16 * 1024
_HEARTBEAT = "heartbeat"
_ABANDONED = "abandoned"


class Liveness(Enum):
    ALIVE = "alive"
    DEAD = "dead"
    UNKNOWN = "unknown"
    """On another host, or otherwise out of sight: only the age of its last heartbeat is known."""


@dataclass(frozen=True)
class Holder:
    """What is known of a lease's owner. ``owner`` is None where the lease's own file is damaged or unreadable."""

    owner: Owner | None
    liveness: Liveness
    last_heartbeat: float
    """Time of its last heartbeat, in seconds since the epoch by the file system's clock."""


class Lease:
    """A lease that this process holds until :meth:`release` or its end; others see either at once.

    Attributes:
        folder: What is leased.
        lost: Whether :meth:`keep` found that the lease is another's by now, or not to be had any more.
    """

    def __init__(self, folder: Path, owner: Owner, lock: int | None, ended: Callable[[], bool]) -> None:
        self.folder = folder
        self.lost = False
        self._owner = owner
        self._lock = lock
        self._ended = ended

    @property
    def locked(self) -> bool:
        """Whether the lock file is held as well, which it is where file locks work."""
        return self._lock is not None

    def beat(self) -> None:
        """Renew the heartbeat, which processes on other hosts read."""
        if self.keep():
            with suppress(OSError):
                opener.touch(self.folder / LEASE_FOLDER / _HEARTBEAT)

    def keep(self) -> bool:
        """Whether the lease is still this process's.

        It may have been given up while nothing was heard of this host (:func:`revoke`). Where nobody has taken it
        since, it is taken again, unless what is leased has ended.
        """
        if not self.lost and not self._is_held():
            try:
                _write(self.folder, self._owner)
                taken = True
            except OSError:  # another has it, or the folder is gone
                taken = False
            if taken and self._ended():
                self.release()
                taken = False
            self.lost = not taken
        return not self.lost

    def release(self, *, remove_lock: bool = False) -> None:
        """End the lease, so that the folder can be leased again.

        Args:
            remove_lock: Remove the lock file too, where no lease will follow.
        """
        if self._is_held():
            with suppress(OSError):
                files.discard(self.folder / LEASE_FOLDER)
            if remove_lock:
                with suppress(OSError):
                    opener.remove(self.folder / LOCK_FILE)
        self._unlock()

    def abandon(self) -> None:
        """Let go of the lease and leave it there: others then see that of a dead process."""
        if self._is_held():
            with suppress(OSError):
                opener.rename(self.folder / LEASE_FOLDER / _HEARTBEAT, self.folder / LEASE_FOLDER / _ABANDONED)
        self._unlock()

    def _is_held(self) -> bool:
        """Whether the lease that is there is this one; so it is taken to be where that cannot be read."""
        if self.lost:
            return False
        try:
            return _read_owner(self.folder / LEASE_FOLDER).token == self._owner.token
        except (FileNotFoundError, NotADirectoryError):
            return opener.exists(self.folder / LEASE_FOLDER)
        except (OSError, ValidationError):
            return True

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def take(folder: Path, *, replace_dead: bool = False, ended: Callable[[], bool] = lambda: False) -> Lease | None:
    """Take the lease of a folder.

    Args:
        folder: Where ``claim/`` will be.
        replace_dead: Whether a lease whose owner is proven dead may be replaced.
        ended: Whether what is leased has ended, asked before a lease that was given up is taken again.

    Returns:
        The lease, or None where another process holds it.

    Raises:
        OSError: The folder cannot be written.
    """
    if opener.exists(folder / LEASE_FOLDER):
        found = _holder(folder, None) if replace_dead else None
        if found is None or found.liveness is not Liveness.DEAD:
            return None
    lock, held_by_another = _lock(folder)
    if held_by_another:
        return None
    try:
        found = _holder(folder, lock) if replace_dead else None
        if found is not None and found.liveness is Liveness.DEAD:
            revoke(folder, found.owner)
        inode = None if lock is None else os.fstat(lock).st_ino
        owner = this_process(locked=lock is not None).model_copy(update={"token": secrets.token_hex(8), "lock": inode})
        _write(folder, owner)
    except BaseException as error:
        if lock is not None:
            os.close(lock)
        if isinstance(error, FileExistsError):
            return None
        raise
    return Lease(folder, owner, lock, ended)


def is_taken(folder: Path) -> bool:
    """Whether a folder has a lease, whoever holds it and whether that lives."""
    return opener.exists(folder / LEASE_FOLDER)


def holder(folder: Path) -> Holder | None:
    """Who holds the lease of a folder; None where it has none."""
    return _holder(folder, None)


def revoke(folder: Path, owner: Owner | None) -> bool:
    """Take a lease away from an owner who is dead or silent, so that the folder can be leased again.

    Args:
        folder: What is leased.
        owner: Whose lease is meant, as :func:`holder` gave it.

    Returns:
        False where the lease has gone or become another's meanwhile.

    Raises:
        OSError: The folder cannot be written.
    """
    lease = folder / LEASE_FOLDER
    aside = folder / f".gone-{LEASE_FOLDER}-{secrets.token_hex(6)}"
    try:
        opener.rename(lease, aside)  # only one process succeeds, and looks then at what it has
    except FileNotFoundError:
        return False
    found = None
    with suppress(OSError, ValidationError):
        found = _read_owner(aside)
    if found != owner:
        try:
            opener.rename(aside, lease)
        except OSError:  # its owner has missed it, and taken the lease again
            files.discard(aside)
        return False
    files.discard(aside)
    return True


def seconds_silent(found: Holder, now: float | None = None) -> float:
    """Seconds since the last heartbeat.

    Args:
        found: The holder.
        now: The time by the file system's clock. Default: by this host's.
    """
    return max(0.0, (time.time() if now is None else now) - found.last_heartbeat)


def is_silent(found: Holder) -> bool:
    """Whether nothing was heard of a holder for a while, by this host's clock."""
    return seconds_silent(found) >= SILENT_SECONDS


def made_by(folder: Path) -> int:
    """The user whose file says who holds the lease of a folder.

    Raises:
        OSError: There is none.
    """
    return opener.status(folder / LEASE_FOLDER / _OWNER).st_uid


def _write(folder: Path, owner: Owner) -> None:
    files.publish_folder(folder / LEASE_FOLDER, {_OWNER: owner.model_dump_json().encode(), _HEARTBEAT: b""})


def _read_owner(lease: Path) -> Owner:
    return Owner.model_validate_json(opener.read(lease / _OWNER, _OWNER_LIMIT))


def _holder(folder: Path, lock: int | None) -> Holder | None:
    """The holder of a lease, as seen by a process that may have the folder's lock file locked itself."""
    lease = folder / LEASE_FOLDER
    try:
        last_heartbeat = opener.status(lease / _HEARTBEAT).st_mtime
        owner = _read_owner(lease)
    except (ValidationError, NotADocumentError):
        return Holder(None, _liveness_by_lock(folder, lock), last_heartbeat)
    except (FileNotFoundError, NotADirectoryError):
        if not opener.exists(lease):
            return None
        abandoned = opener.exists(lease / _ABANDONED)
        heard = opener.status(lease).st_mtime
        return Holder(None, Liveness.DEAD if abandoned else _liveness_by_lock(folder, lock), heard)
    except OSError:  # it cannot be read just now: its owner may be alive, whatever the lock shows
        try:
            return Holder(None, Liveness.UNKNOWN, opener.status(lease).st_mtime)
        except (FileNotFoundError, NotADirectoryError):
            return None
    return Holder(owner, _liveness(owner, folder, lock, last_heartbeat), last_heartbeat)


def _liveness_by_lock(folder: Path, lock: int | None) -> Liveness:
    """Whether an owner is alive whose own file says nothing."""
    return Liveness.DEAD if lock is not None or _lock_is_free(folder) else Liveness.UNKNOWN


def _liveness(owner: Owner, folder: Path, lock: int | None, last_heartbeat: float) -> Liveness:
    free = None
    if owner.locked:
        free = _lock_is_free(folder, owner.lock) if lock is None else owner.lock in {None, os.fstat(lock).st_ino}
        if free is False and lock is None:
            return Liveness.ALIVE
    alive = owners.lives(owner)
    if alive is not None:
        return Liveness.ALIVE if alive else Liveness.DEAD
    if (free and owners.is_here(owner)) or owners.ended_with_its_boot(owner, last_heartbeat):
        return Liveness.DEAD
    return Liveness.UNKNOWN


def _lock(folder: Path) -> tuple[int | None, bool]:
    """Lock a folder's lock file: (descriptor or None where locks do not work, whether another holds it)."""
    handle = opener.open_shared(folder / LOCK_FILE, os.O_RDWR)
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


def _lock_is_free(folder: Path, inode: int | None = None) -> bool | None:
    """Whether no process holds the lock file.

    Args:
        folder: Where it is.
        inode: Which file is meant, where that is known: another one that is free proves nothing.

    Returns:
        None where that cannot be determined.
    """
    try:
        handle = opener.open_handle(folder / LOCK_FILE)
    except OSError:
        return None
    try:
        fcntl.flock(
            handle, fcntl.LOCK_SH | fcntl.LOCK_NB
        )  # shared, so that two concurrent tests do not see each other as the owner
        return True if inode in {None, os.fstat(handle).st_ino} else None
    except BlockingIOError:
        return False
    except OSError:
        return None
    finally:
        os.close(handle)
