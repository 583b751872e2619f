"""Time until something is shown: the help, the first frame, the first epoch after the run key."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from benchmarks import processes
from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.parts import first_epoch
from benchmarks.terminal import COLUMNS, FIRST_FRAME, LAB_DISPLAY_VARIABLES, LINES, Terminal, lab

_TIMES, _TIMES_QUICK = 10, 3


def measure(options: PartOptions, narrate: Narrate) -> Iterator[Table]:
    """See :data:`~benchmarks.measurements.Measure`."""
    times = _TIMES_QUICK if options.quick else _TIMES
    narrate(f"start: --help and the first frame, {times} times each")
    runs = options.scratch / "none"
    runs.mkdir()
    lab_help, bare_help = _alternately(
        times,
        lambda: _seconds(processes.module("mnist_lab", "--help")),
        lambda: _seconds([*processes.script("bare_typer"), "--help"]),
    )
    lab_paint, bare_paint = _alternately(
        times,
        lambda: _first_paint(lab(runs), *FIRST_FRAME),
        lambda: _first_paint(processes.script("bare_textual"), b"hello"),
    )
    measurements = (
        Measurement("start/help/lab", "mnist-lab --help", "s", lab_help, baseline="start/help/bare"),
        Measurement("start/help/bare", "a bare Typer app, --help", "s", bare_help),
        Measurement(
            "start/first-paint/lab",
            "mnist-lab, first complete frame",
            "s",
            lab_paint,
            baseline="start/first-paint/bare",
        ),
        Measurement("start/first-paint/bare", "a bare Textual app, first frame", "s", bare_paint),
    )
    notes = (
        "From the start of the process to its end, or to the frame's last text on the pseudo-terminal "
        f"({COLUMNS}×{LINES}, an empty runs folder); alternately, after one start of each that is not counted.",
    )
    yield Table("Start", measurements, notes)
    yield first_epoch.measure(options, narrate)


def _alternately(times: int, *samplers: Callable[[], float]) -> list[tuple[float, ...]]:
    """The samples of each sampler, taken round by round, without the first round."""
    rounds = [[sample() for sample in samplers] for _ in range(times + 1)]
    return list(zip(*rounds[1:], strict=True))


def _seconds(command: list[str]) -> float:
    since = time.monotonic()
    processes.output_of(command)
    return time.monotonic() - since


def _first_paint(command: list[str], *texts: bytes) -> float:
    with Terminal(command, columns=COLUMNS, lines=LINES, environment=LAB_DISPLAY_VARIABLES) as terminal:
        return terminal.wait(*texts) - terminal.started
