"""Owners of leases: processes, identified across hosts, boots and pid spaces, and the proof that one lives."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from mnist_lab.text import CleanLine

_MACHINE_IDS = ("/etc/machine-id", "/var/lib/dbus/machine-id")


class Owner(BaseModel):
    """A process that holds a lease, identified by pid and start time, because pids are reused.

    Attributes:
        pid: Its process id, in its own pid space.
        started: When it was started, as text to compare.
        boot: The boot of its kernel.
        pid_space: The pid namespace that ``pid`` belongs to.
        host: The name of its host.
        locked: Whether it holds the lock file; False on file systems without working locks.
        machine: The id of its machine; empty where that has none, and in files of earlier versions.
        uid: Its user; None in files of earlier versions.
        token: What tells this lease from every other; empty in files of earlier versions.
        lock: The inode of the lock file that it holds; None where it holds none, and in files of earlier versions.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    pid: int = Field(ge=1)
    started: CleanLine
    boot: CleanLine
    pid_space: int
    host: CleanLine
    locked: bool
    machine: CleanLine = ""
    uid: int | None = None
    token: CleanLine = ""
    lock: int | None = None


@cache
def this_process(*, locked: bool) -> Owner:
    """This process, as the owner of a lease."""
    return Owner(
        pid=os.getpid(),
        started=_start_of(os.getpid()) or "",
        boot=boot(),
        pid_space=_pid_space(),
        host=socket.gethostname(),
        locked=locked,
        machine=machine(),
        uid=os.geteuid(),
    )


def is_here(owner: Owner) -> bool:
    """Whether the process is or was one of this kernel's, since its last boot."""
    return owner.boot == boot()


def lives(owner: Owner) -> bool | None:
    """Whether the process lives; None where its pid proves nothing: on another kernel, in another pid space, hidden."""
    if not is_here(owner) or owner.pid_space != _pid_space():
        return None
    started = _start_of(owner.pid)
    if started is None and _is_hidden(owner.pid):
        return None
    return started == owner.started


def uid_of(pid: int) -> int | None:
    """The user of a process, where the system shows it as a file's."""
    with suppress(OSError):
        return Path(f"/proc/{pid}").stat().st_uid
    return None


def ended_with_its_boot(owner: Owner, last_heartbeat: float) -> bool:
    """Whether the process ran on this machine before it was started anew.

    Machines that were cloned may share their id and their name. So its last heartbeat must be older than this boot,
    too, which that of a clone that still runs is not.
    """
    if is_here(owner) or not owner.machine or owner.machine != machine() or owner.host != socket.gethostname():
        return False

    import psutil

    return last_heartbeat < psutil.boot_time()


@cache
def host_id() -> str:
    """This host as eight hexadecimal digits: its machine's id and its name, since clones and containers share one."""
    return hashlib.sha256(f"{machine()}\n{socket.gethostname()}".encode()).hexdigest()[:8]


@cache
def machine() -> str:
    """The id of this machine, which outlives a boot; empty where it has none.

    A hash of what the system keeps, which is not to be shown to others: machine-id(5).
    """
    for path in _MACHINE_IDS:
        with suppress(OSError, UnicodeError):
            text = Path(path).read_text().strip()
            if len(text) == 32:  # "uninitialized" is there in images of systems that were never booted
                return hashlib.sha256(f"mnist-lab {text}".encode()).hexdigest()[:32]
    if sys.platform != "linux":
        import uuid

        number = uuid.getnode()
        return "" if number >> 40 & 1 else f"{number:012x}"  # with that bit set it was drawn at random
    return ""


@cache
def boot() -> str:
    """The boot of this kernel."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()

    import psutil

    return f"{psutil.boot_time():.0f}"


@cache
def _pid_space() -> int:
    with suppress(OSError):
        return Path("/proc/self/ns/pid").stat().st_ino
    return 0


def _start_of(pid: int) -> str | None:
    """Start time of a process, as text to compare; None where none can be seen, empty for a zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():  # ticks since boot, which no clock adjustment moves
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return "" if fields[0] in "ZX" else fields[19]

    import psutil

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


def _is_hidden(pid: int) -> bool:
    """Whether a process that cannot be seen is there all the same, as another user's is where /proc hides them."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
