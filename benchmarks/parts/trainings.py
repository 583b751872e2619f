"""Wall-clock time of whole trainings: ``mnist-lab run``, and stock Keras ``fit`` for one after another."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.measurements import Narrate
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Record

_COMPLETE = {"finished", "diverged"}


@dataclass(frozen=True)
class FitResult:
    """One training with stock Keras ``fit``: its seconds, epochs, and ``val_accuracy`` at its end, a fraction."""

    seconds: float
    epochs_run: int
    val_accuracy: float


def run_lab(arguments: Sequence[str], scratch: Path) -> tuple[float, list[Record]]:
    """``mnist-lab run`` with these arguments, in a new runs folder that no worker serves yet.

    Returns:
        Seconds from the start of the command to its end, and the records.

    Raises:
        TrainingError: A run did not come to its end.
    """
    runs = Path(tempfile.mkdtemp(prefix="runs-", dir=scratch))
    command = processes.module("mnist_lab", "run", "--runs", str(runs), "--json", *arguments)
    since = time.monotonic()
    try:
        output = _output(command, scratch / "lab.txt")
        seconds = time.monotonic() - since
    finally:
        processes.kill_naming(runs)
    records = [Record.model_validate(run) for run in json.loads(output)["runs"]]
    if bad := [record for record in records if record.status not in _COMPLETE]:
        raise TrainingError(f"{len(bad)} of {len(records)} runs of the lab ended as {bad[0].status}: {bad[0].reason}")
    return seconds, records


def run_fit(
    experiments: Sequence[Experiment], backend: str, scratch: Path, narrate: Narrate
) -> tuple[float, list[FitResult]]:
    """The experiments with stock ``fit``, one after another in one process.

    Returns:
        Seconds from the start of the process until its imports are done, and the result of each training.

    Raises:
        TrainingError: It did not come to its end.
    """
    argument = json.dumps([experiment.model_dump(mode="json") for experiment in experiments])
    stderr = scratch / "fit.txt"
    since = time.monotonic()
    with (
        stderr.open("wb") as log,
        processes.child(
            processes.competitor("fit_list", argument),
            cores=processes.cores(),
            stderr=log,
            environment={"KERAS_BACKEND": backend},
        ) as process,
    ):
        assert process.stdout is not None
        lines = (line for line in process.stdout if line.startswith("{"))
        first = next(lines, None)
        startup = time.monotonic() - since
        results: list[FitResult] = []
        for line in lines:
            results.append(FitResult(**json.loads(line)))
            narrate(f"Keras fit: {len(results)} of {len(experiments)} trained, the last in {results[-1].seconds:.1f} s")
    if first is None or len(results) < len(experiments):
        raise TrainingError(f"Keras fit failed: {processes.last_line(stderr)}")
    return startup, results


def _output(command: list[str], stderr: Path) -> str:
    with (
        stderr.open("wb") as log,
        processes.child(command, cores=processes.cores(), stderr=log) as process,
    ):
        assert process.stdout is not None
        output = process.stdout.read()
    if not output:
        raise TrainingError(f"mnist-lab run failed: {processes.last_line(stderr)}")
    return output


def total_epochs(trainings: Sequence[Record] | Sequence[FitResult]) -> int:
    """Epochs of all of them together."""
    return sum(training.epochs_run for training in trainings)
