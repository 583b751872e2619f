"""The seconds per epoch of one competitor, in one process or several at once, each fresh and pinned to its cores."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks import processes
from benchmarks.competitors.workload import Workload
from mnist_lab.errors import TrainingError


@dataclass(frozen=True)
class Competitor:
    """One of the programs in :mod:`benchmarks.competitors` that are timed by epochs.

    Attributes:
        name: What it is, in words.
        module: Its module there.
        packages: The packages without which it cannot run.
        options: Command-line options before the workload.
        backend: The Keras backend that it runs on; empty: does not apply.
        needs_threads: It has to be given the number of threads, and does not take it from its processors.
    """

    name: str
    module: str
    packages: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    backend: str = ""
    needs_threads: bool = False

    @property
    def missing_package(self) -> str:
        """The first package that is not installed; empty where all are."""
        return next((package for package in self.packages if find_spec(package) is None), "")


LAB = Competitor("the lab", "lab", ("tensorflow",), needs_threads=True)
FIT = Competitor("Keras fit", "fit", ("tensorflow",), backend="tensorflow")
FUSED_FIT = Competitor(
    "Keras fit, XLA, steps_per_execution of an epoch", "fit", ("tensorflow",), ("--fused",), backend="tensorflow"
)
JAX_FIT = Competitor("Keras fit on JAX", "fit", ("jax",), backend="jax")
TORCH = Competitor("PyTorch loop", "torch_loop", ("torch",))
MATMUL = Competitor("matrix products", "matmul")


@dataclass(frozen=True)
class EpochTimes:
    """The times of one competitor.

    Attributes:
        seconds: Of every epoch after the first, in every process, divided by the number of processes: the seconds per
            epoch and run.
        accuracies: ``val_accuracy`` of each process, one value per epoch from the first on.
    """

    seconds: tuple[float, ...]
    accuracies: tuple[tuple[float, ...], ...]


def time_epochs(competitor: Competitor, workload: Workload, count: int, scratch: Path) -> EpochTimes:
    """Run a competitor in ``count`` processes at once: a single one has every core, of several each has one.

    Raises:
        TrainingError: It did not complete its second epoch; the message ends with the last line of its stderr.
    """
    cores = processes.cores()
    shares = [cores] if count == 1 else [[cores[index % len(cores)]] for index in range(count)]
    if competitor.needs_threads and count > 1:
        workload = replace(workload, threads=1)
    command = processes.competitor(competitor.module, *competitor.options, workload.to_argument())
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2"} | ({"KERAS_BACKEND": competitor.backend} if competitor.backend else {})
    stderr = scratch / "stderr.txt"
    with stderr.open("wb") as log, ExitStack() as stack:
        started = [
            stack.enter_context(processes.child(command, cores=share, stderr=log, environment=environment))
            for share in shares
        ]
        lines = [_epoch_lines(process) for process in started]
        epochs = [[first] for first in (next(line, None) for line in lines) if first is not None]
        if len(epochs) == count:  # each has completed its first epoch and waits
            for process in started:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            for one, rest in zip(epochs, lines, strict=True):
                one += rest
        if len(epochs) < count or any(len(one) < 2 for one in epochs):
            raise TrainingError(f"{competitor.name} failed: {processes.last_line(stderr)}")
    return EpochTimes(
        tuple(epoch["seconds"] / count for one in epochs for epoch in one[1:]),
        tuple(tuple(epoch["val_accuracy"] for epoch in one) for one in epochs),
    )


def _epoch_lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):  # libraries print other lines too
            yield json.loads(line)
