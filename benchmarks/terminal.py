"""A program on a pseudo-terminal: keys are sent to it, and its output is read with the time at which it arrived."""

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
FIRST_FRAME = (b"SECTIONS", b"Overfitting", b"QUEUE", b"palette")
"""Texts that the first frame of the lab shows at that size, from its first line to its last."""

TIMEOUT = 180.0
"""Seconds after which output that was waited for is not expected any more."""

_CHUNK_BYTES = 1 << 16


class Terminal:
    """A pseudo-terminal with one program in it, which is killed at the end of the ``with`` block.

    Output is read only by :meth:`wait`, :meth:`read` and :meth:`drain`: between two of these calls the program may fill
    the kernel's buffer and block.

    Attributes:
        received: Everything that the program has written so far.
        started: When it was started (:func:`time.monotonic`).

    Example:
        >>> with Terminal(lab(runs), columns=80, lines=24) as terminal:
        ...     shown_after = terminal.wait(b"SECTIONS") - terminal.started
    """

    def __init__(
        self, command: Sequence[str], *, columns: int, lines: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self.received = bytearray()
        self._main, side = pty.openpty()
        termios.tcsetwinsize(side, (lines, columns))
        # The caller may have exported the size of another terminal.
        variables = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        variables |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        self.started = time.monotonic()
        try:
            self.process = subprocess.Popen(
                command, stdin=side, stdout=side, stderr=side, env=variables, start_new_session=True
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
        """Send keys, and return when (:func:`time.monotonic`)."""
        at = time.monotonic()
        os.write(self._main, keys)
        return at

    def wait(self, *texts: bytes, after: int = 0, seconds: float = TIMEOUT) -> float:
        """Read until each of ``texts`` occurs after the first ``after`` bytes of :attr:`received`.

        Returns:
            When the last of them arrived (:func:`time.monotonic`); now, if all had arrived before.

        Raises:
            LabError: The program ended, or the texts did not arrive within ``seconds``.
        """
        deadline = time.monotonic() + seconds
        at = time.monotonic()
        while missing := [text for text in texts if self.received.find(text, after) < 0]:
            arrived = self.read(min(1.0, max(0.0, deadline - time.monotonic())))
            at = at if arrived is None else arrived
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise LabError(
                    f"The program on the terminal did not show {missing[0].decode()!r}; its last output was: "
                    + " ".join(clean(bytes(self.received[-2000:]).decode(errors="replace")).split())[-300:]
                )
        return at

    def read(self, seconds: float) -> float | None:
        """Read the next chunk of output. Returns when it arrived (:func:`time.monotonic`); None: none in that time."""
        if not select.select([self._main], [], [], seconds)[0]:
            return None
        try:
            chunk = os.read(self._main, _CHUNK_BYTES)
        except OSError:  # how Linux reports that the other end is closed
            time.sleep(seconds)
            return None
        at = time.monotonic()
        self.received += chunk
        return at

    def drain(self, seconds: float) -> None:
        """Read all output of that time."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.read(left)


def lab(runs: Path) -> list[str]:
    """The command that opens the lab on a runs folder."""
    return [sys.executable, "-m", "mnist_lab", "--runs", str(runs)]


LAB_DISPLAY_VARIABLES = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0", "TEXTUAL_FPS": "30"}
"""The display settings that the lab makes for itself, for a Textual program that it is compared with."""
