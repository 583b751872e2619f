"""Real processes that hold things, so that tests can kill them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Locks = Literal["work", "missing", "meaningless"]

BREAK_LOCKS = """
import errno, fcntl
real_flock = fcntl.flock
def set_locks(kind):
    def flock(handle, how):
        if kind == "missing":
            raise OSError(errno.ENOLCK, "No locks available")
    fcntl.flock = real_flock if kind == "work" else flock
"""

DROP_PRIVILEGES = """
import os
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
"""

NURSERY = (
    BREAK_LOCKS
    + """
import os, signal, sys
from pathlib import Path
from mnist_lab.store import leases, owners
for line in sys.stdin:
    what, *rest = line.rstrip("\\n").split("\\t")
    if what == "hold":
        hear, tell = os.pipe()
        pid = os.fork()
        if not pid:
            set_locks(rest[0])
            owners.this_process.cache_clear()
            lease = leases.take(Path(rest[1]))
            os.write(tell, b"held" if lease else b"refused")
            while True:
                signal.pause()
        print(pid, os.read(hear, 10).decode(), flush=True)
        os.close(hear)
        os.close(tell)
    else:
        os.waitid(os.P_PID, int(rest[0]), os.WEXITED | (os.WNOWAIT if what == "await" else 0))
        print("done", flush=True)
"""
)
"""Has what is slow to import, and forks processes that hold a lease until they are killed."""


class Helper:
    """A Python process that runs a script and is talked to line by line."""

    def __init__(self, script: str, *args: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def tell(self, line: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        """The next line it says, or what it died of."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the helper left with {self.process.wait()}"
        return line.rstrip("\n")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Let it leave by itself where it reads to its end, and kill it where it does not."""
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # it is dead already
                pipe.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def running(script: str, *args: object) -> Iterator[Helper]:
    helper = Helper(script, *args)
    try:
        yield helper
    finally:
        helper.close()


@dataclass
class Holder:
    """A process that holds a lease."""

    pid: int
    nursery: Helper
    reaped: bool = False

    def kill(self, *, reap: bool = True) -> None:
        """Kill it for certain; unless it is to be reaped, its corpse stays."""
        if self.reaped:
            return
        os.kill(self.pid, signal.SIGKILL)
        self.nursery.tell(f"{'reap' if reap else 'await'}\t{self.pid}")
        assert self.nursery.hear() == "done"
        self.reaped = reap


class Nursery:
    """Makes processes that hold leases, and sees to it that none is left."""

    def __init__(self) -> None:
        self._helper = Helper(NURSERY)
        self._holders: list[Holder] = []

    def hold(self, folder: Path, locks: Locks = "work") -> Holder:
        """A process that holds a lease on a folder."""
        self._helper.tell(f"hold\t{locks}\t{folder}")
        pid, outcome = self._helper.hear().split()
        holder = Holder(int(pid), self._helper)
        self._holders.append(holder)
        assert outcome == "held"
        return holder

    def clear(self) -> None:
        while self._holders:
            self._holders.pop().kill()

    def close(self) -> None:
        self.clear()
        self._helper.close()


def output_of(script: str, *args: object, under: tuple[str, ...] = ()) -> str:
    """What a script prints, in a process of its own that must succeed."""
    done = subprocess.run(
        [*under, sys.executable, "-c", script, *map(str, args)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def on_tiny_disk(mount_point: Path, size: str = "128k") -> tuple[str, ...]:
    """The start of a command that sees a real file system of that size at ``mount_point``."""
    namespace = "-m" if os.geteuid() == 0 else "-Urm"
    mount = f'mount -t tmpfs -o size={size} tmpfs "$0" && exec "$@"'
    return ("unshare", namespace, "sh", "-c", mount, str(mount_point))


def eventually(true: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Whether something comes true before a deadline far beyond what it should take."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
