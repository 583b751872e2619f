"""How long a person waits before anything happens: help, the first frame, the first epoch after the run key."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks import first_epoch
from benchmarks.children import script
from benchmarks.figures import Figure, Narrate, Settings, Table
from benchmarks.terminal import COLUMNS, FRAME, LINES, QUIET, Terminal, lab
from mnist_lab.errors import TrainingError

_TIMES, _TIMES_QUICK = 10, 3


def measure(settings: Settings, narrate: Narrate) -> Iterator[Table]:
    """See :data:`~benchmarks.figures.Measure`."""
    times = _TIMES_QUICK if settings.quick else _TIMES
    narrate(f"start: --help and the first frame, {times} times each")
    runs = settings.scratch / "none"
    runs.mkdir()
    lab_help, bare_help = _in_turns(
        times,
        lambda: _seconds_of([sys.executable, "-m", "mnist_lab", "--help"]),
        lambda: _seconds_of([*script("bare_typer"), "--help"]),
    )
    lab_paint, bare_paint = _in_turns(
        times, lambda: _first_paint(lab(runs), *FRAME), lambda: _first_paint(script("bare_textual"), b"hello")
    )
    figures = (
        Figure("start/help/lab", "mnist-lab --help", "s", lab_help, against="start/help/bare"),
        Figure("start/help/bare", "a bare Typer app, --help", "s", bare_help),
        Figure(
            "start/first-paint/lab", "mnist-lab, first whole frame", "s", lab_paint, against="start/first-paint/bare"
        ),
        Figure("start/first-paint/bare", "a bare Textual app, first frame", "s", bare_paint),
    )
    notes = (
        "From the start of the process to its end, or to the frame's last text on the pseudo-terminal "
        f"({COLUMNS}×{LINES}, an empty runs folder); in turns, after one start of each that does not count.",
    )
    yield Table("Start", figures, notes)
    yield first_epoch.measure(settings, narrate)


def _in_turns(times: int, *measures: Callable[[], float]) -> list[tuple[float, ...]]:
    """The samples of each, the first round left out."""
    rounds = [[take() for take in measures] for _ in range(times + 1)]
    return list(zip(*rounds[1:], strict=True))


def _seconds_of(command: list[str]) -> float:
    since = time.monotonic()
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    seconds = time.monotonic() - since
    if done.returncode:
        raise TrainingError(f"{' '.join(command)} failed: {done.stderr.decode(errors='replace').strip()[-300:]}")
    return seconds


def _first_paint(command: list[str], *texts: bytes) -> float:
    with Terminal(command, columns=COLUMNS, lines=LINES, environment=QUIET) as terminal:
        return terminal.wait(*texts) - terminal.started
