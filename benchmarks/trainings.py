"""Whole trainings by wall clock: the lab as a person asks it for them, and stock Keras one after another."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import children, competitors
from benchmarks.figures import Narrate
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Record

_WHOLE = {"finished", "diverged"}


@dataclass(frozen=True)
class Training:
    """One training that stock Keras has made: seconds, epochs, and ``val_accuracy`` at its end, a fraction."""

    seconds: float
    epochs_run: int
    val_accuracy: float


def by_the_lab(arguments: Sequence[str], scratch: Path) -> tuple[float, list[Record]]:
    """``mnist-lab run`` with these arguments, in a new runs folder, its first worker yet to be started.

    Returns:
        Seconds from the command's start to its end, and the records.

    Raises:
        TrainingError: A run did not come to its end.
    """
    runs = Path(tempfile.mkdtemp(prefix="runs-", dir=scratch))
    command = [sys.executable, "-m", "mnist_lab", "run", "--runs", str(runs), "--json", *arguments]
    since = time.monotonic()
    try:
        told = _output(command, scratch / "lab.txt")
        seconds = time.monotonic() - since
    finally:
        children.end_all(runs)
    records = [Record.model_validate(run) for run in json.loads(told)["runs"]]
    if bad := [record for record in records if record.status not in _WHOLE]:
        raise TrainingError(f"{len(bad)} of {len(records)} runs of the lab ended as {bad[0].status}: {bad[0].reason}")
    return seconds, records


def by_fit(
    experiments: Sequence[Experiment], backend: str, scratch: Path, narrate: Narrate
) -> tuple[float, list[Training]]:
    """The same with stock ``fit``, in one process.

    Returns:
        Seconds from the process's start until it could begin, and each training.

    Raises:
        TrainingError: It did not get to its end.
    """
    asked = json.dumps([experiment.model_dump(mode="json") for experiment in experiments])
    command = [sys.executable, "-m", f"{competitors.__name__}.fit_all", asked]
    complaints = scratch / "fit.txt"
    since = time.monotonic()
    with (
        complaints.open("wb") as log,
        children.child(command, on=children.cores(), complaints=log, environment={"KERAS_BACKEND": backend}) as process,
    ):
        assert process.stdout is not None
        lines = (line for line in process.stdout if line.startswith("{"))
        begun = next(lines, None)
        startup = time.monotonic() - since
        trained: list[Training] = []
        for line in lines:
            trained.append(Training(**json.loads(line)))
            narrate(f"Keras fit: {len(trained)} of {len(experiments)} trained, the last in {trained[-1].seconds:.1f} s")
    if begun is None or len(trained) < len(experiments):
        raise TrainingError(f"Keras fit failed: {children.last_line(complaints)}")
    return startup, trained


def _output(command: list[str], complaints: Path) -> str:
    with (
        complaints.open("wb") as log,
        children.child(command, on=children.cores(), complaints=log) as process,
    ):
        assert process.stdout is not None
        told = process.stdout.read()
    if not told:
        raise TrainingError(f"mnist-lab run failed: {children.last_line(complaints)}")
    return told


def epochs_of(trained: Sequence[Record] | Sequence[Training]) -> int:
    """Epochs of all of them together."""
    return sum(one.epochs_run for one in trained)
