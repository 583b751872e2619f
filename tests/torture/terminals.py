"""Signals, resizes and closed or full outputs while commands and the screen run."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.commands.lab import SCRIPT, Lab, Terminal
from tests.torture.operations import Folder, copied
from tests.torture.tally import Tally

_OUTPUTS = {"closed": ">&-", "full": ">/dev/full", "nobody reads it": "| true"}
_SECONDS = 15.0


def outputs(template: Lab, folder: Folder, scratch: Path, *, at_most: int, seed: int) -> Tally:
    """Run each command that prints, or some of them, with its output, or its errors, closed, full or unread."""
    tally = Tally("a command whose output is closed or full")
    commands: Sequence[Sequence[str]] = (
        ("--help",),
        ("presets",),
        ("sections",),
        ("runs", "list"),
        ("runs", "list", "--json"),
        ("runs", "show", folder.finished),
        ("compare", "--format", "csv"),
        ("study", "list"),
        ("worker", "list"),
        ("runs", "show", "nothing"),
    )
    lab = copied(template, scratch / "outputs")
    for words in random.Random(seed).sample(commands, min(at_most, len(commands))):
        for name, redirection in _OUTPUTS.items():
            for stream in ("1", "2") if redirection.startswith(">") else ("",):
                line = f'"$0" "$@" {stream}{redirection}'
                done = subprocess.run(
                    ["bash", "-c", line, SCRIPT, *words],
                    env=lab.environment,
                    cwd=lab.runs.parent,
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_SECONDS,
                )
                output = (done.stdout + done.stderr).decode(errors="replace")
                problem = "a traceback" if "Traceback" in output or "Exception ignored" in output else ""
                if done.returncode not in (0, 1, 2, 3):
                    problem = f"left with {done.returncode}"
                where = f"{' '.join(words)}, {'errors' if stream == '2' else 'output'} {name}"
                tally.tried(f"{where}: {problem}" if problem else "")
    return tally.ended()


def signals(template: Lab, scratch: Path, *, trials: int, seed: int) -> Iterator[Tally]:
    """End the screen by a signal at a random moment, in a storm of resizes; the terminal must be as before."""
    draw = random.Random(seed)
    tally = Tally("the screen ended by a signal, in a storm of resizes")
    lab = copied(template, scratch / "signals")
    for number in range(trials):
        end = signal.SIGTERM if number % 2 else signal.SIGHUP
        terminal = Terminal(lab, columns=100, rows=30)
        try:
            moment = time.monotonic() + draw.uniform(0.6, 3.0)
            while time.monotonic() < moment:
                size = struct.pack("HHHH", draw.randint(3, 60), draw.randint(10, 200), 0, 0)
                fcntl.ioctl(terminal._master, termios.TIOCSWINSZ, size)
                terminal.type(draw.choice(["c", "L", "\x1b", "j", "k", "?", "m"]))
                time.sleep(0.02)
            terminal.process.send_signal(end)
            tally.tried(_complaint(terminal, end))
        finally:
            terminal.close()
    lab.close()
    yield tally.ended()


def _complaint(terminal: Terminal, end: signal.Signals) -> str:
    try:
        code = terminal.process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        return f"goes on after {end.name}"
    time.sleep(0.2)
    output = terminal.output
    if "Traceback" in output:
        return f"a traceback after {end.name}: {terminal.text[-300:]}"
    if output.count("\x1b[?1049h") != output.count("\x1b[?1049l"):
        return f"the alternate screen stays after {end.name}"
    if "\x1b[?1000h" in output and output.rfind("\x1b[?1000l") < output.rfind("\x1b[?1000h"):
        return f"the mouse stays on after {end.name}"
    return "" if code in (0, 130, 128 + end, -end) else f"left with {code} after {end.name}"


def stopped(template: Lab, scratch: Path) -> Tally:
    """Suspend the screen as Ctrl-Z does, and continue it."""
    tally = Tally("the screen suspended and continued")
    lab = copied(template, scratch / "stopped")
    terminal = Terminal(lab, columns=100, rows=30)
    try:
        terminal.wait_for("SECTIONS")
        os.kill(terminal.process.pid, signal.SIGTSTP)
        terminal.wait_for("\x1b[?1049l", raw=True)
        os.kill(terminal.process.pid, signal.SIGCONT)
        terminal.wait_for("SECTIONS", times=2)
        deadline = time.monotonic() + _SECONDS
        while terminal.process.poll() is None and time.monotonic() < deadline:
            terminal.type("q")
            time.sleep(0.2)
        code = terminal.process.poll()
        tally.tried("" if code == 0 else f"left with {code}")
    except AssertionError:
        tally.tried("does not continue")
    finally:
        terminal.close()
        lab.close()
    return tally.ended()
