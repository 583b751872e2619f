"""A program on a pseudo-terminal."""

from __future__ import annotations

import sys

import pytest

from benchmarks.terminal import Terminal
from mnist_lab.errors import LabError

PROGRAM = """
import os, sys
print(os.get_terminal_size(), flush=True)
for line in sys.stdin:
    print("heard", line.strip(), flush=True)
    if line.strip() == "leave":
        break
"""


def test_output_is_read_with_the_time_of_its_arrival() -> None:
    with Terminal([sys.executable, "-c", PROGRAM], columns=90, lines=20) as terminal:
        begun = terminal.wait(b"columns=90, lines=20")
        assert begun >= terminal.started
        pressed = terminal.press(b"one\n")
        heard = terminal.wait(b"heard one")
        assert heard >= pressed >= begun
        written = len(terminal.received)
        terminal.press(b"leave\n")
        with pytest.raises(LabError, match=r"did not show 'heard one'.*heard leave"):
            terminal.wait(b"heard one", after=written)


def test_its_size_is_not_that_of_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("LINES", "10")
    program = "import shutil; print(shutil.get_terminal_size(), flush=True); input()"
    with Terminal([sys.executable, "-c", program], columns=90, lines=20) as terminal:
        terminal.wait(b"columns=90, lines=20")


def test_waiting_has_a_timeout() -> None:
    with (
        Terminal([sys.executable, "-c", PROGRAM], columns=90, lines=20) as terminal,
        pytest.raises(LabError, match="did not show 'never'"),
    ):
        terminal.wait(b"columns=90", b"never", seconds=0.5)
