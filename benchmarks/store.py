"""Many saved runs: what it costs to list and compare them, and how soon a new one shows."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time

from benchmarks import children, saved
from benchmarks.figures import Figure, Narrate, Settings, Table
from benchmarks.terminal import Terminal, lab
from mnist_lab.errors import TrainingError
from mnist_lab.store import Store

SIZES = (100, 1_000, 10_000)
_LAST = SIZES[-1]
_LOOKS = 5
_SHOWN, _SHOWN_QUICK = 12, 5
_SETTLED = b"worker warm"
"""What the lab says when the worker that it starts has imported and compiled what it may be asked for."""
_APART = (0.5, 1.0)
"""Seconds between two new runs, drawn so that they fall on every moment of the lab's round."""


def measure(settings: Settings, narrate: Narrate) -> list[Table]:
    """See :data:`~benchmarks.figures.Measure`."""
    store = Store(settings.scratch / "runs")
    store.prepare()
    figures: list[Figure] = []
    for count in SIZES:
        narrate(f"store: {count:,} saved runs, listed and compared")
        saved.fill(store, count)
        figures += _reading(store, count, settings)
    narrate(f"store: the lab on {_LAST:,} saved runs, and new ones")
    figures += _in_the_lab(store, _SHOWN_QUICK if settings.quick else _SHOWN)
    notes = (
        "Saved runs of 20 epochs each, without weights and predictions, which neither listing nor comparing reads. "
        "Nothing is kept of them outside their folder: a new process reads and checks every record. Their files are in "
        "the system's memory.",
        "Cold: the whole command, from the start of its process to its end, its output read through a pipe. Warm: in a "
        "process that has read them, as the open lab has; before each look another run is saved.",
        "In the lab: on a pseudo-terminal of 120×36. A new run shows from the end of its saving to the bytes with its "
        "id, on the compare screen, while nothing trains.",
    )
    return [Table("Saved runs", tuple(figures), notes)]


def _reading(store: Store, count: int, settings: Settings) -> list[Figure]:
    commands = {"list": ("runs", "list"), "compare": ("compare",)}
    times = 1 if settings.quick else 3
    cold = {
        name: tuple(_seconds_of(*words, "--runs", str(store.root)) for _ in range(times))
        for name, words in commands.items()
    }
    looked = json.loads(_output_of("benchmarks.reading", str(store.root), str(_LOOKS)))
    figures = []
    for name, words in commands.items():
        key = f"store/{name}/{count}"
        command = f"{count:,} runs: mnist-lab {' '.join(words)}"
        figures += [
            Figure(f"{key}/cold", command, "s", cold[name]),
            Figure(
                f"{key}/warm",
                f"{count:,} runs: {name}, in a process that has read them",
                "s",
                tuple(looked[name]["again"]),
            ),
        ]
    first = (looked["compare"]["first"],)
    return [
        *figures,
        Figure(f"store/read/{count}", f"{count:,} runs: read and put side by side for the first time", "s", first),
        Figure(f"store/memory/{count}", f"{count:,} runs: memory of that process", "MB", (looked["memory"],)),
    ]


def _in_the_lab(store: Store, times: int) -> list[Figure]:
    """How soon the lab shows all runs, their comparison, and a new one."""
    draw = random.Random(0)
    opened, compared, shown = [], [], []
    try:
        with Terminal(lab(store.root), columns=120, lines=36) as terminal:
            opened.append(terminal.wait(b"5/5") - terminal.started)
            terminal.wait(_SETTLED)
            terminal.drain(_APART[1])
            written = len(terminal.received)
            pressed = terminal.press(b"c")
            compared.append(terminal.wait(b"by id", after=written) - pressed)
            for _ in range(times):
                terminal.drain(draw.uniform(*_APART))
                written = len(terminal.received)
                run_id = saved.publish(store)
                since = time.monotonic()
                shown.append(terminal.wait(run_id[-6:].encode(), after=written) - since)
    finally:
        children.end_all(store.root)
    return [
        Figure(
            f"store/lab-opens/{_LAST}",
            f"{_LAST:,} runs: from the lab's start to all of them counted",
            "s",
            tuple(opened),
        ),
        Figure(
            f"store/compare-opens/{_LAST}", f"{_LAST:,} runs: from the key to the compare screen", "s", tuple(compared)
        ),
        Figure(
            f"store/new-run-shows/{_LAST}", f"{_LAST:,} runs: a new one shows, 95 %", "s", tuple(shown), quantile=0.95
        ),
    ]


def _seconds_of(*words: str) -> float:
    since = time.monotonic()
    _output_of("mnist_lab", *words)
    return time.monotonic() - since


def _output_of(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        raise TrainingError(f"{' '.join(words)} failed: {done.stderr.strip()[-300:]}")
    return done.stdout
