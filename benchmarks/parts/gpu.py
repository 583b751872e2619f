"""Runs per hour on a GPU: a section with many seeds, in lanes, versus stock Keras on the same GPU."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks import processes
from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.parts.trainings import run_fit, run_lab, total_epochs
from mnist_lab.errors import EngineError, TrainingError
from mnist_lab.experiments import plan
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.sections import section

_SECTION = "activation"
_SEEDS, _QUICK_SEEDS = 20, 2
_PRINT_DEVICE = "import jax; device = jax.devices()[0]; print(device.platform, device.device_kind, sep='\\n')"


def measure(options: PartOptions, narrate: Narrate) -> Iterator[Table]:
    """See :data:`~benchmarks.measurements.Measure`."""
    device = _device()
    plans = plan.from_section(section(_SECTION))
    seeds = _QUICK_SEEDS if options.quick else _SEEDS
    epochs = options.epochs or plans[0].experiment.epochs
    narrate(f"gpu: {len(plans) * seeds} runs by the lab, in lanes")
    arguments = ["--section", _SECTION, "--seeds", str(seeds), "--epochs", str(epochs), "--backend", "jax"]
    seconds, records = run_lab(arguments, options.scratch)
    narrate(f"gpu: {len(plans)} runs by Keras fit on JAX")
    experiments = [planned.experiment.derive(epochs=epochs) for planned in plans]
    _, results = run_fit(experiments, "jax", options.scratch, narrate)
    lab = Measurement("gpu/lab", "the lab, lanes", "s", (seconds / len(records),), baseline="gpu/fit")
    fit = Measurement("gpu/fit", "Keras fit on JAX", "s", tuple(result.seconds for result in results))
    notes = (
        f"{device}: {3600 / lab.value:,.0f} runs per hour by the lab, {3600 / fit.value:,.0f} by Keras fit.",
        f"The lab: `mnist-lab run {' '.join(arguments)}`, {len(records)} runs of {epochs} epochs, from the start of "
        f"the command to its end in {seconds:.0f} s; {total_epochs(records)} epochs, {_lanes(records)} lanes at once.",
        f"Keras fit: one run of each of the {len(results)} networks, in one process, without its start.",
        f"val_accuracy at the end, median: the lab {_percent([record.result.val_accuracy for record in records])}, "
        f"Keras fit {_percent([result.val_accuracy for result in results])}.",
        _phases(records),
    )
    yield Table(f"A run on the GPU, section {_SECTION}, {seeds} seeds", (lab, fit), notes)


def _device() -> str:
    """The GPU that JAX computes on.

    Raises:
        EngineError: There is no GPU, or no JAX.
    """
    try:
        output = processes.output_of([sys.executable, "-c", _PRINT_DEVICE])
    except TrainingError as error:
        raise EngineError(
            "JAX cannot be used here; install it with its CUDA libraries into the environment of this benchmark."
        ) from error
    platform, name = output.strip().splitlines()[-2:]
    if platform == "cpu":
        raise EngineError("JAX sees no GPU here; this benchmark needs one, and JAX's CUDA libraries.")
    return name


def _lanes(records: Sequence[Record]) -> str:
    counts = sorted({record.environment.lanes for record in records})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"


def _percent(accuracies: Sequence[float | None]) -> str:
    return f"{100 * median(accuracy for accuracy in accuracies if accuracy is not None):.2f} %"


def _phases(records: Sequence[Record]) -> str:
    """The phases that the records split their time into; the seconds of a record are those of its group of lanes."""
    seconds = {
        phase: median(getattr(record.seconds, phase) for record in records)
        for phase in ("startup", "compile", "train", "evaluate")
    }
    phases = ", ".join(f"{phase} {median_seconds:.1f} s" for phase, median_seconds in seconds.items())
    return f"Of a group of lanes, medians: {phases}."
