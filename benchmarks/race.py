"""One way, on one work, in one process or several at once: fresh, pinned, and timed from epoch to epoch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import children
from benchmarks.competitors.work import Work
from mnist_lab.errors import TrainingError


@dataclass(frozen=True)
class Way:
    """One of the programs in :mod:`benchmarks.competitors`.

    Attributes:
        name: What it is, in words.
        module: Its name there.
        needs: The packages without which it cannot run.
        options: What it is told beside the work.
        backend: Which backend Keras is to take; empty where that says nothing.
        by_threads: Whether it has to be told how many threads to use, rather than read it off its processors.
    """

    name: str
    module: str
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    backend: str = ""
    by_threads: bool = False

    @property
    def missing(self) -> str:
        """The first package that is not installed; empty where all are."""
        return next((package for package in self.needs if find_spec(package) is None), "")


LAB = Way("the lab", "lab", ("tensorflow",), by_threads=True)
FIT = Way("Keras fit", "fit", ("tensorflow",), backend="tensorflow")
FUSED_FIT = Way("Keras fit, XLA, an epoch an execution", "fit", ("tensorflow",), ("--fused",), backend="tensorflow")
JAX_FIT = Way("Keras fit on JAX", "fit", ("jax",), backend="jax")
TORCH = Way("PyTorch loop", "torch_loop", ("torch",))
MATMUL = Way("matrix products", "matmul")


@dataclass(frozen=True)
class Timing:
    """What came of a way.

    Attributes:
        seconds: Of every epoch after the first, in every process, divided by the number of processes: what an epoch
            costs a run.
        accuracies: ``val_accuracy`` of each process, one value an epoch from the first on.
    """

    seconds: tuple[float, ...]
    accuracies: tuple[tuple[float, ...], ...]


def race(way: Way, work: Work, processes: int, scratch: Path) -> Timing:
    """Let a way train in some processes at once; one has every core, of several each has one.

    Raises:
        TrainingError: It did not get as far as its second epoch; the message ends with what it said last.
    """
    cores = children.cores()
    places = [cores] if processes == 1 else [[cores[place % len(cores)]] for place in range(processes)]
    if way.by_threads and processes > 1:
        work = replace(work, threads=1)
    command = [sys.executable, "-m", f"{__package__}.competitors.{way.module}", *way.options, work.to_argument()]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2"} | ({"KERAS_BACKEND": way.backend} if way.backend else {})
    complaints = scratch / "complaints.txt"
    with complaints.open("wb") as log, ExitStack() as stack:
        started = [
            stack.enter_context(children.child(command, on=place, complaints=log, environment=environment))
            for place in places
        ]
        told = [_epochs(process) for process in started]
        epochs = [[first] for first in (next(lines, None) for lines in told) if first is not None]
        if len(epochs) == processes:  # each has ended its first epoch and waits
            for process in started:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            for one, lines in zip(epochs, told, strict=True):
                one += lines
        if len(epochs) < processes or any(len(one) < 2 for one in epochs):
            raise TrainingError(f"{way.name} failed: {children.last_line(complaints)}")
    return Timing(
        tuple(epoch["seconds"] / processes for one in epochs for epoch in one[1:]),
        tuple(tuple(epoch["val_accuracy"] for epoch in one) for one in epochs),
    )


def _epochs(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):  # libraries print what they like
            yield json.loads(line)
