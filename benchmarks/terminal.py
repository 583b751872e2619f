"""A program on a pseudo-terminal: keys go in, bytes come out, each known by the moment it came."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from mnist_lab.errors import LabError
from mnist_lab.text import clean

COLUMNS, LINES = 120, 36
FRAME = (b"SECTIONS", b"Overfitting", b"QUEUE", b"palette")
"""What the first frame of the lab shows at that size, from its first line to its last."""

PATIENCE = 180.0
"""Seconds after which what was waited for will not come any more."""

_CHUNK = 1 << 16


class Terminal:
    """A terminal with one program in it, killed at the end of the ``with`` block.

    Reading happens in :meth:`wait` and :meth:`read` alone: between two of them the program may fill the kernel's buffer
    and wait, so call one of them soon.

    Attributes:
        received: Everything that the program has written so far.
        started: When it was started (:func:`time.monotonic`).
    """

    def __init__(
        self, command: Sequence[str], *, columns: int, lines: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.received = bytearray()
        self._main, side = pty.openpty()
        termios.tcsetwinsize(side, (lines, columns))
        # Whoever calls may have exported the size of another terminal.
        told = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        told |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        self.started = time.monotonic()
        try:
            self.process = subprocess.Popen(
                command, stdin=side, stdout=side, stderr=side, env=told, start_new_session=True
            )
        except BaseException:
            os.close(self._main)
            raise
        finally:
            os.close(side)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._main)

    def press(self, keys: bytes) -> float:
        """Type, and return when (:func:`time.monotonic`)."""
        at = time.monotonic()
        os.write(self._main, keys)
        return at

    def wait(self, *texts: bytes, after: int = 0, seconds: float = PATIENCE) -> float:
        """Read until each of ``texts`` has come after the first ``after`` bytes of :attr:`received`.

        Returns:
            When the last of them came (:func:`time.monotonic`); now, where all had come already.

        Raises:
            LabError: The program left, or they did not come in ``seconds``.
        """
        deadline = time.monotonic() + seconds
        at = time.monotonic()
        while missing := [text for text in texts if self.received.find(text, after) < 0]:
            came = self.read(min(1.0, max(0.0, deadline - time.monotonic())))
            at = at if came is None else came
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise LabError(
                    f"The program on the terminal did not show {missing[0].decode()!r}; its last words were: "
                    + " ".join(clean(bytes(self.received[-2000:]).decode(errors="replace")).split())[-300:]
                )
        return at

    def read(self, seconds: float) -> float | None:
        """Take what comes next within so long. Returns when it came (:func:`time.monotonic`); None: nothing did."""
        if not select.select([self._main], [], [], seconds)[0]:
            return None
        try:
            chunk = os.read(self._main, _CHUNK)
        except OSError:  # how Linux tells that nobody is on the other side any more
            time.sleep(seconds)
            return None
        at = time.monotonic()
        self.received += chunk
        return at

    def drain(self, seconds: float) -> None:
        """Take what comes during so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.read(left)


def lab(runs: Path) -> list[str]:
    """The command that opens the lab on a runs folder."""
    return [sys.executable, "-m", "mnist_lab", "--runs", str(runs)]


QUIET = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0", "TEXTUAL_FPS": "30"}
"""What the lab sets for itself, set for a program that it is compared with."""
