"""The command line as people and scripts use it: real processes on pipes and on terminals."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import sysconfig
import termios
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from rich.cells import cell_len

from mnist_lab.errors import UsageError
from mnist_lab.runs.requests import stop
from mnist_lab.store import Run, Store
from mnist_lab.store.registry import workers
from mnist_lab.workers.pool import stop_workers
from tests.factories import is_harmless

SCRIPT = str(Path(sysconfig.get_path("scripts")) / "mnist-lab")

SMALL = ("--set", "train_size=2560", "--epochs", "2")
"""A training of a fraction of a second, once a worker is warm."""

LONG = ("--set", "train_size=2560", "--epochs", "10000")
"""A training that does not end before it is stopped."""

WITHOUT_PRIVILEGES = ("setpriv", "--inh-caps=-all", "--bounding-set=-all") if os.geteuid() == 0 else ()
"""The start of a command for which the modes of files hold, whoever runs the tests."""

ON_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""

_FROM_OUTSIDE = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM")
_PATIENCE = 60.0
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_NEW_LINE = re.compile(r"\r|\n|\x1b\[\d*[A-HJ]")


def eventually(true: Callable[[], bool]) -> bool:
    """Whether something comes true before a deadline far beyond what it should take; looked at seldom, for it costs."""
    deadline = time.monotonic() + _PATIENCE
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


class Done:
    """A command that has ended."""

    def __init__(self, command: tuple[str, ...], code: int, out: bytes, err: bytes) -> None:
        self.command = command
        self.code = code
        self.out = out.decode()
        self.err = err.decode()

    def __repr__(self) -> str:
        return f"{' '.join(self.command)}\nleft with {self.code}\nstdout: {self.out}\nstderr: {self.err}"

    @property
    def json(self) -> dict[str, Any]:
        """The one object on stdout."""
        value = json.loads(self.out, parse_constant=lambda constant: f"{constant} is not JSON")
        assert isinstance(value, dict)
        return value


class Lab:
    """The command line and one runs folder.

    Attributes:
        runs: The folder.
        environment: What every command sees.
    """

    def __init__(self, runs: Path, cache: Path) -> None:
        self.runs = runs
        self.store = Store(runs)
        self.environment = {name: value for name, value in os.environ.items() if name not in _FROM_OUTSIDE} | {
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
            "MNIST_LAB_CACHE": str(cache),
            "MNIST_LAB_RUNS": str(runs),
            "MNIST_LAB_WORKERS": "1",
            "MNIST_LAB_THREADS": "1",
        }

    def __call__(
        self,
        *arguments: object,
        code: int = 0,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        under: tuple[str, ...] = (),
    ) -> Done:
        """Run a command on pipes to its end, which must be the expected one."""
        command = tuple(map(str, (*under, SCRIPT, *arguments)))
        done = subprocess.run(
            command,
            env=self.environment | (env or {}),
            cwd=cwd or self.runs.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
        )
        return self._checked(Done(command, done.returncode, done.stdout, done.stderr), code)

    def refused(self, *arguments: object, code: int, **how: Any) -> str:
        """What a command says that must get one sentence, that exit code, and change nothing."""
        before = sorted(self.runs.iterdir()) if self.runs.is_dir() else None
        done = self(*arguments, code=code, **how)
        after = sorted(self.runs.iterdir()) if self.runs.is_dir() else None
        assert after == before, done
        assert done.out == "", done
        assert re.fullmatch(r"mnist-lab: .*[.?]\n", done.err), done
        return done.err

    def start(self, *arguments: object, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a command on pipes."""
        return subprocess.Popen(
            [SCRIPT, *map(str, arguments)],
            env=self.environment | (env or {}),
            cwd=self.runs.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def end_of(self, process: subprocess.Popen[bytes], code: int = 0) -> Done:
        """The end of a command that was started, which must be the expected one."""
        out, err = process.communicate(timeout=_PATIENCE)
        return self._checked(Done(("mnist-lab",), process.returncode, out, err), code)

    def detached(self, *arguments: object) -> list[str]:
        """Ask for runs without watching them; their ids."""
        return [line.split()[0] for line in self("run", *arguments, "--detach").out.splitlines()]

    def records(self, *arguments: object, code: int = 0) -> list[dict[str, Any]]:
        """Train, and give the records."""
        records = self("run", *arguments, "--json", code=code).json["runs"]
        assert isinstance(records, list)
        return records

    def asked_since(self, known: list[str], count: int = 1) -> list[str]:
        """The ids of the runs that have been asked for since, once there are so many."""
        assert eventually(lambda: len(self.store.ids()) >= len(known) + count)
        return [run_id for run_id in self.store.ids() if run_id not in known]

    def run_of(self, run_id: str) -> Run:
        return self.store.read(run_id)

    def wait(self, run_id: str, *statuses: str) -> Run:
        """A run once it has one of these statuses."""
        assert eventually(lambda: self.run_of(run_id).status in statuses), self.run_of(run_id)
        return self.run_of(run_id)

    def wait_for_epochs(self, run_id: str, epochs: int = 1) -> None:
        """Wait until a run has ended so many epochs."""
        journal = self.store.journal_path(run_id)
        assert eventually(lambda: journal.exists() and journal.read_bytes().count(b'"event":"epoch"') >= epochs), (
            self.run_of(run_id)
        )

    def end_all(self) -> None:
        """Let go what a test has left running."""
        for run in self.store.runs():
            if not run.ended:
                with suppress(UsageError):
                    stop(self.store, run.id)
        assert eventually(lambda: all(run.ended for run in self.store.runs()))

    def workers(self) -> list[int]:
        """The pids of the workers that serve the folder."""
        return [worker.owner.pid for worker in workers(self.runs)]

    def kill_workers(self) -> None:
        killed = set(self.workers())
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: not killed & set(self.workers())), "others may have come already"

    def close(self) -> None:
        """Ask every worker to leave, and see that nothing is left that was started for this folder."""

        def gone() -> bool:
            stop_workers(self.store)
            return not self.processes()

        assert eventually(gone), self.processes()

    def processes(self) -> list[str]:
        """The command lines of all living processes that have to do with the folder."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ", "status"]):
            known = process.info
            ours = known["environ"] and known["environ"].get("MNIST_LAB_RUNS") == str(self.runs)
            if ours and known["status"] != psutil.STATUS_ZOMBIE:
                found.append(" ".join(known["cmdline"] or ()))
        return found

    def _checked(self, done: Done, code: int) -> Done:
        assert "Traceback" not in done.out + done.err, done
        assert is_harmless(done.out + done.err), done
        assert done.code == code, done
        return done


class Terminal:
    """A command on a pseudo-terminal of its own, whose screen is read all the time."""

    def __init__(
        self,
        lab: Lab,
        *arguments: object,
        columns: int = 80,
        rows: int = 24,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.columns = columns
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-ISc", ON_A_TERMINAL, SCRIPT, *map(str, arguments)],
            env=lab.environment | (env or {}),
            cwd=lab.runs.parent,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self._output = bytearray()
        self._enough, self._tell_enough = os.pipe()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def output(self) -> str:
        """Everything it has written so far, escape sequences included."""
        return self._output.decode(errors="replace")

    @property
    def text(self) -> str:
        """Everything it has written so far, without escape sequences."""
        return _SEQUENCE.sub("", self.output)

    @property
    def widest(self) -> int:
        """Columns of the widest line that it has written."""
        return max(cell_len(_SEQUENCE.sub("", line)) for line in _NEW_LINE.split(self.output))

    def wait_for(self, text: str, times: int = 1, *, raw: bool = False) -> None:
        """Wait until it has written something so many times; an escape sequence is looked for in what is ``raw``."""
        assert eventually(lambda: (self.output if raw else self.text).count(text) >= times), self.text

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def ends(self, code: int) -> str:
        """What it has written at its end, which must be the expected one."""
        assert self.process.wait(_PATIENCE) == code, self.text
        self._reader.join(_PATIENCE)
        assert "Traceback" not in self.text, self.text
        return self.text

    def hang_up(self) -> None:
        """Close the terminal, as a dropped line does: the kernel sends SIGHUP."""
        if self._master >= 0:
            os.write(self._tell_enough, b".")
            self._reader.join()
            for handle in (self._master, self._enough, self._tell_enough):
                os.close(handle)
            self._master = -1

    def close(self) -> None:
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _read(self) -> None:
        while True:
            ready, _, _ = select.select([self._master, self._enough], [], [])
            if self._enough in ready:
                return
            try:
                data = os.read(self._master, 65536)
            except OSError:  # on Linux, the end of a terminal that nobody writes to any more
                return
            if not data:
                return
            self._output += data
