"""The lab on a terminal while all its workers train: time from key to repaint, and bytes sent to the terminal."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import processes
from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.terminal import TIMEOUT, Terminal, lab
from mnist_lab.errors import TrainingError
from mnist_lab.experiments import plan
from mnist_lab.experiments.events import EpochEnded
from mnist_lab.experiments.sections import section
from mnist_lab.runs import requests
from mnist_lab.store import Store
from mnist_lab.store.journal import JournalReader
from mnist_lab.workers.placement import Placement

SIZES = ((80, 24), (120, 36))
_SECTION, _SEEDS = "activation", 40
_STEADY_SECONDS = 8.0
"""All workers are assumed to train when the number of training runs has not grown for so long."""
_WINDOW_SECONDS, _WINDOWS, _WINDOWS_QUICK = 5.0, 4, 2
_ROUNDS, _ROUNDS_QUICK = 10, 3
_INTERVAL = (0.1, 0.4)
"""Seconds between two keys, drawn at random so that they do not coincide with the training events."""
_UP, _DOWN, _END = b"\x1b[A", b"\x1b[B", b"\x1b[F"

_KeyPress = tuple[str, bytes, bytes]
"""What the key changes (empty: not timed), the key, and the text that the screen then shows (empty: not awaited)."""


def measure(options: PartOptions, narrate: Narrate) -> list[Table]:
    """See :data:`~benchmarks.measurements.Measure`."""
    store = Store(options.scratch / "runs")
    store.prepare()
    requests.ask_all(store, plan.seeded(plan.from_section(section(_SECTION)), range(_SEEDS)), Placement.here())
    environment = {"XDG_CONFIG_HOME": str(options.scratch / "config")}
    measurements: list[Measurement] = []
    try:
        for columns, lines in SIZES:
            narrate(f"screen: what is sent to a terminal of {columns}×{lines} while all workers train")
            with Terminal(lab(store.root), columns=columns, lines=lines, environment=environment) as terminal:
                terminal.wait(b"relu s0")
                training = _wait_for_all_workers(terminal, store)
                measurements.append(_traffic(terminal, columns, lines, options))
                if (columns, lines) == SIZES[-1]:
                    narrate(f"screen: from key to repaint while {training} runs train")
                    measurements += _key_times(terminal, options)
    finally:
        processes.kill_naming(store.root)
    notes = (
        f"The lab on a pseudo-terminal, on its home screen, with the {_SECTION} section requested with {_SEEDS} seeds; "
        f"it starts the workers itself: {training} runs train at once. A kilobyte is 1,000 bytes.",
        f"Keys on {SIZES[-1][0]}×{SIZES[-1][1]}, {_INTERVAL[0]} to {_INTERVAL[1]} s apart, each until the bytes arrive "
        "that show what it changed.",
    )
    return [Table("Screen, while all workers train", tuple(measurements), notes)]


def _wait_for_all_workers(terminal: Terminal, store: Store) -> int:
    """Wait until a run has completed an epoch and no further worker starts. Returns how many runs train."""
    deadline = time.monotonic() + TIMEOUT
    count, since = 0, time.monotonic()
    while count == 0 or time.monotonic() - since < _STEADY_SECONDS:
        terminal.drain(0.5)
        runs = store.runs()
        if time.monotonic() > deadline or all(run.ended for run in runs):
            raise TrainingError(f"The lab's workers trained nothing: {runs[0].status}. {runs[0].reason}".strip())
        training = [run.id for run in runs if run.status == "running"]
        if len(training) > count and any(_has_epoch(store.journal_path(run_id)) for run_id in training):
            count, since = len(training), time.monotonic()
    return count


def _has_epoch(journal: Path) -> bool:
    return any(isinstance(event, EpochEnded) for event in JournalReader(journal).read())


def _traffic(terminal: Terminal, columns: int, lines: int, options: PartOptions) -> Measurement:
    samples = []
    for _ in range(_WINDOWS_QUICK if options.quick else _WINDOWS):
        written, since = len(terminal.received), time.monotonic()
        terminal.drain(_WINDOW_SECONDS)
        samples.append((len(terminal.received) - written) / 1000 / (time.monotonic() - since))
    return Measurement(
        f"screen/traffic/{columns}x{lines}", f"sent to a terminal of {columns}×{lines}", "KB/s", tuple(samples)
    )


def _key_times(terminal: Terminal, options: PartOptions) -> list[Measurement]:
    draw = random.Random(0)
    samples: dict[str, list[float]] = {}
    for change, key, answer in _key_presses(_ROUNDS_QUICK if options.quick else _ROUNDS):
        terminal.drain(draw.uniform(*_INTERVAL))
        written = len(terminal.received)
        pressed = terminal.press(key)
        answered = terminal.wait(answer, after=written) if answer else pressed
        if change:
            samples.setdefault(change, []).append(1e3 * (answered - pressed))
    every = tuple(sample for one in samples.values() for sample in one)
    return [
        Measurement("screen/key-to-repaint/p50", "from key to repaint, median", "ms", every),
        Measurement("screen/key-to-repaint/p95", "from key to repaint, 95 %", "ms", every, quantile=0.95),
        *(
            Measurement(f"screen/key-to-repaint/{change}", f"of these: {change}, 95 %", "ms", tuple(one), quantile=0.95)
            for change, one in samples.items()
        ),
    ]


def _key_presses(rounds: int) -> Iterator[_KeyPress]:
    """The keys in the order in which they are pressed."""
    yield "", _END, b""
    for _ in range(rounds):
        for metric in (b"loss", b"loss", b"accuracy", b"val_accuracy"):  # the end of a name: its start may be there
            yield "another metric", b"m", metric
        for key, title in ((b"]", b"ARCHITECTURE"), (b"[", b"ACTIVATION")):
            yield "another section", key, title
        last, before = f"leaky-relu s{_SEEDS - 1}".encode(), f"leaky-relu s{_SEEDS - 2}".encode()
        yield "", _END, b""
        for key, label in ((_UP, before), (_DOWN, last)) * 2:
            yield "another row", key, label
    yield "", b"c", b"by id"
    for _ in range(rounds):
        yield "", b"/", b"filter"
        for typed in (b"r", b"re", b"rel", b"relu"):
            yield "a letter of a filter", typed[-1:], typed
        yield "", b"\x1b", b"runs"
