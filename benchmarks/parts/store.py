"""Many saved runs: what it costs to list and compare them, and how soon a new one is shown."""

from __future__ import annotations

import json
import random
import time

from benchmarks import processes
from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.parts import library_timing, synthetic_runs
from benchmarks.terminal import Terminal, lab
from mnist_lab.store import Store

SIZES = (100, 1_000, 10_000)
_LARGEST = SIZES[-1]
_REFRESHES = 5
_NEW_RUNS, _NEW_RUNS_QUICK = 12, 5
_WORKER_READY = b"worker warm"
"""What the lab shows when the worker that it starts has imported and compiled what it may be asked for."""
_INTERVAL = (0.5, 1.0)
"""Seconds between two new runs, drawn at random so that they are spread over the lab's polling interval."""
_COMMANDS = {"list": ("runs", "list"), "compare": ("compare",)}


def measure(options: PartOptions, narrate: Narrate) -> list[Table]:
    """See :data:`~benchmarks.measurements.Measure`."""
    store = Store(options.scratch / "runs")
    store.prepare()
    measurements: list[Measurement] = []
    for count in SIZES:
        narrate(f"store: {count:,} saved runs, listed and compared")
        synthetic_runs.fill(store, count)
        measurements += _reading(store, count, 1 if options.quick else 3)
    narrate(f"store: the lab on {_LARGEST:,} saved runs, and new ones")
    measurements += _in_the_lab(store, _NEW_RUNS_QUICK if options.quick else _NEW_RUNS)
    notes = (
        "Saved runs of 20 epochs each, without weights and predictions, which neither listing nor comparing reads. "
        "Nothing about them is stored outside their folder: a new process reads and validates every record. Their "
        "files are in the system's file cache.",
        "Cold: the whole command, from the start of its process to its end, its output read through a pipe. Warm: in a "
        "process that has read them before, like the open lab; another run is saved before each refresh.",
        "In the lab: on a pseudo-terminal of 120×36. The time of a new run is from the end of its saving to the bytes "
        "with its id, on the compare screen, while nothing trains.",
    )
    return [Table("Saved runs", tuple(measurements), notes)]


def _reading(store: Store, count: int, times: int) -> list[Measurement]:
    cold = {
        name: tuple(_seconds(*command, "--runs", str(store.root)) for _ in range(times))
        for name, command in _COMMANDS.items()
    }
    command = processes.module(library_timing.__name__, str(store.root), str(_REFRESHES))
    timed = json.loads(processes.output_of(command))
    measurements = []
    for name, words in _COMMANDS.items():
        key, warm = f"store/{name}/{count}", tuple(timed[name]["again"])
        measurements += [
            Measurement(f"{key}/cold", f"{count:,} runs: mnist-lab {' '.join(words)}", "s", cold[name]),
            Measurement(f"{key}/warm", f"{count:,} runs: {name}, in a process that has read them", "s", warm),
        ]
    first = (timed["compare"]["first"],)
    return [
        *measurements,
        Measurement(f"store/read/{count}", f"{count:,} runs: read and compared for the first time", "s", first),
        Measurement(f"store/memory/{count}", f"{count:,} runs: memory of that process", "MB", (timed["memory"],)),
    ]


def _in_the_lab(store: Store, new_runs: int) -> list[Measurement]:
    """How soon the lab shows all runs, the compare screen, and a new run."""
    draw = random.Random(0)
    shown = []
    try:
        with Terminal(lab(store.root), columns=120, lines=36) as terminal:
            opened = terminal.wait(b"5/5") - terminal.started
            terminal.wait(_WORKER_READY)
            terminal.drain(_INTERVAL[1])
            written = len(terminal.received)
            pressed = terminal.press(b"c")
            compared = terminal.wait(b"by id", after=written) - pressed
            for _ in range(new_runs):
                terminal.drain(draw.uniform(*_INTERVAL))
                written = len(terminal.received)
                run_id = synthetic_runs.publish(store)
                since = time.monotonic()
                shown.append(terminal.wait(run_id[-6:].encode(), after=written) - since)
    finally:
        processes.kill_naming(store.root)
    runs = f"{_LARGEST:,} runs"
    return [
        Measurement(
            f"store/lab-opens/{_LARGEST}", f"{runs}: from the lab's start until all are counted", "s", (opened,)
        ),
        Measurement(f"store/compare-opens/{_LARGEST}", f"{runs}: from the key to the compare screen", "s", (compared,)),
        Measurement(
            f"store/new-run-shows/{_LARGEST}", f"{runs}: a new one is shown, 95 %", "s", tuple(shown), quantile=0.95
        ),
    ]


def _seconds(*command: str) -> float:
    since = time.monotonic()
    processes.output_of(processes.module("mnist_lab", *command))
    return time.monotonic() - since
