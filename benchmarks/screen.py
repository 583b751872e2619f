"""The lab on a terminal while all its workers train: how soon a key is answered, and how much it sends."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import children
from benchmarks.figures import Figure, Narrate, Settings, Table
from benchmarks.terminal import PATIENCE, Terminal, lab
from mnist_lab.errors import TrainingError
from mnist_lab.experiments import plan
from mnist_lab.experiments.events import EpochEnded
from mnist_lab.experiments.sections import section
from mnist_lab.runs import requests
from mnist_lab.store import Store
from mnist_lab.store.journal import JournalReader

SIZES = ((80, 24), (120, 36))
_SECTION, _SEEDS = "activation", 40
_STEADY_SECONDS = 8.0
"""How long as many runs have to train as before until all workers are there."""
_WINDOW_SECONDS, _WINDOWS, _WINDOWS_QUICK = 5.0, 4, 2
_ROUNDS, _ROUNDS_QUICK = 10, 3
_APART = (0.1, 0.4)
"""Seconds between two keys, drawn so that they fall on every moment of what goes on."""
_UP, _DOWN, _END = b"\x1b[A", b"\x1b[B", b"\x1b[F"

Step = tuple[str, bytes, bytes]
"""What a key is for, the key, and what the screen shows once it is answered."""


def measure(settings: Settings, narrate: Narrate) -> list[Table]:
    """See :data:`~benchmarks.figures.Measure`."""
    store = Store(settings.scratch / "runs")
    store.prepare()
    requests.ask_all(store, plan.seeded(plan.from_section(section(_SECTION)), range(_SEEDS)))
    environment = {"XDG_CONFIG_HOME": str(settings.scratch / "config")}
    figures: list[Figure] = []
    try:
        for columns, lines in SIZES:
            narrate(f"screen: what is sent to a terminal of {columns}×{lines} while all workers train")
            with Terminal(lab(store.root), columns=columns, lines=lines, environment=environment) as terminal:
                terminal.wait(b"relu s0")
                training = _all_train(terminal, store)
                figures.append(_traffic(terminal, columns, lines, settings))
                if (columns, lines) == SIZES[-1]:
                    narrate(f"screen: from the key to the repaint while {training} runs train")
                    figures += _keys(terminal, settings)
    finally:
        children.end_all(store.root)
    notes = (
        f"The lab on a pseudo-terminal, on its home screen, with the {_SECTION} section asked for with {_SEEDS} seeds; "
        f"it starts the workers itself: {training} runs train at once. A kilobyte is 1,000 bytes.",
        f"Keys on {SIZES[-1][0]}×{SIZES[-1][1]}, {_APART[0]} to {_APART[1]} s apart, each until the bytes come that "
        "show what it changed.",
    )
    return [Table("Screen, while all workers train", tuple(figures), notes)]


def _all_train(terminal: Terminal, store: Store) -> int:
    """Wait until one has ended an epoch and no further worker comes. Returns how many runs train."""
    deadline = time.monotonic() + PATIENCE
    count, since = 0, time.monotonic()
    while count == 0 or time.monotonic() - since < _STEADY_SECONDS:
        terminal.drain(0.5)
        runs = store.runs()
        if time.monotonic() > deadline or all(run.ended for run in runs):
            raise TrainingError(f"The lab's workers trained nothing: {runs[0].status}. {runs[0].reason}".strip())
        training = [run.id for run in runs if run.status == "running"]
        if len(training) > count and any(_trains(store.journal_path(run_id)) for run_id in training):
            count, since = len(training), time.monotonic()
    return count


def _trains(journal: Path) -> bool:
    return any(isinstance(event, EpochEnded) for event in JournalReader(journal).read())


def _traffic(terminal: Terminal, columns: int, lines: int, settings: Settings) -> Figure:
    samples = []
    for _ in range(_WINDOWS_QUICK if settings.quick else _WINDOWS):
        written, since = len(terminal.received), time.monotonic()
        terminal.drain(_WINDOW_SECONDS)
        samples.append((len(terminal.received) - written) / 1000 / (time.monotonic() - since))
    return Figure(
        f"screen/traffic/{columns}x{lines}", f"sent to a terminal of {columns}×{lines}", "KB/s", tuple(samples)
    )


def _keys(terminal: Terminal, settings: Settings) -> list[Figure]:
    draw = random.Random(0)
    samples: dict[str, list[float]] = {}
    for what, key, answer in _steps(_ROUNDS_QUICK if settings.quick else _ROUNDS):
        terminal.drain(draw.uniform(*_APART))
        written = len(terminal.received)
        pressed = terminal.press(key)
        answered = terminal.wait(answer, after=written) if answer else pressed
        if what:
            samples.setdefault(what, []).append(1e3 * (answered - pressed))
    every = tuple(sample for one in samples.values() for sample in one)
    return [
        Figure("screen/key-to-repaint/p50", "from a key to its repaint, median", "ms", every),
        Figure("screen/key-to-repaint/p95", "from a key to its repaint, 95 %", "ms", every, quantile=0.95),
        *(
            Figure(f"screen/key-to-repaint/{what}", f"of these: {what}, 95 %", "ms", tuple(one), quantile=0.95)
            for what, one in samples.items()
        ),
    ]


def _steps(rounds: int) -> Iterator[Step]:
    """The keys that are pressed, in order; those that are for nothing only lead to others."""
    yield "", _END, b""
    for _ in range(rounds):
        for figure in (b"loss", b"loss", b"accuracy", b"val_accuracy"):  # the end of each name: its start may be there
            yield "another figure", b"m", figure
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
