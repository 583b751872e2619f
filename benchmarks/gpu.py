"""Runs an hour on a GPU: a section with many seeds, in lanes, beside stock Keras on the same GPU."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from statistics import median

from benchmarks.figures import Figure, Narrate, Settings, Table
from benchmarks.trainings import by_fit, by_the_lab, epochs_of
from mnist_lab.errors import EngineError
from mnist_lab.experiments import plan
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.sections import section

_SECTION = "activation"
_SEEDS, _QUICK_SEEDS = 20, 2
_LOOK = "import jax; device = jax.devices()[0]; print(device.platform, device.device_kind, sep='\\n')"


def measure(settings: Settings, narrate: Narrate) -> Iterator[Table]:
    """See :data:`~benchmarks.figures.Measure`."""
    device = _device()
    plans = plan.from_section(section(_SECTION))
    seeds = _QUICK_SEEDS if settings.quick else _SEEDS
    epochs = settings.epochs or plans[0].experiment.epochs
    narrate(f"gpu: {len(plans) * seeds} runs by the lab, in lanes")
    arguments = ["--section", _SECTION, "--seeds", str(seeds), "--epochs", str(epochs), "--backend", "jax"]
    seconds, records = by_the_lab(arguments, settings.scratch)
    narrate(f"gpu: {len(plans)} runs by Keras fit on JAX")
    experiments = [planned.experiment.derive(epochs=epochs) for planned in plans]
    _, fitted = by_fit(experiments, "jax", settings.scratch, narrate)
    lab = Figure("gpu/lab", "the lab, lanes", "s", (seconds / len(records),), against="gpu/fit")
    fit = Figure("gpu/fit", "Keras fit on JAX", "s", tuple(training.seconds for training in fitted))
    notes = (
        f"{device}: {3600 / lab.value:,.0f} runs an hour by the lab, {3600 / fit.value:,.0f} by Keras fit.",
        f"The lab: `mnist-lab run {' '.join(arguments)}`, {len(records)} runs of {epochs} epochs, from the command's "
        f"start to its end in {seconds:.0f} s; {epochs_of(records)} epochs, {_lanes(records)} lanes at a time.",
        f"Keras fit: one run of each of the {len(fitted)} networks, in one process, without its start.",
        f"val_accuracy at the end, median: the lab {_percent([record.result.val_accuracy for record in records])}, "
        f"Keras fit {_percent([training.val_accuracy for training in fitted])}.",
        _where_time_went(records),
    )
    yield Table(f"A run on the GPU, section {_SECTION}, {seeds} seeds", (lab, fit), notes)


def _device() -> str:
    """The GPU that JAX computes on.

    Raises:
        EngineError: There is none, or no JAX.
    """
    told = subprocess.run([sys.executable, "-c", _LOOK], capture_output=True, text=True, check=False)
    if told.returncode:
        raise EngineError("JAX cannot be used here; install mnist-lab with its extra `jax` and JAX's CUDA libraries.")
    platform, name = told.stdout.strip().splitlines()[-2:]
    if platform == "cpu":
        raise EngineError("JAX sees no GPU here; this benchmark needs one, and JAX's CUDA libraries.")
    return name


def _lanes(records: Sequence[Record]) -> str:
    found = sorted({record.environment.lanes for record in records})
    return str(found[0]) if len(found) == 1 else f"{found[0]} to {found[-1]}"


def _percent(accuracies: Sequence[float | None]) -> str:
    return f"{100 * median(accuracy for accuracy in accuracies if accuracy is not None):.2f} %"


def _where_time_went(records: Sequence[Record]) -> str:
    """What the records say, each the seconds of the group that a run was in."""
    spent = {
        what: median(getattr(record.seconds, what) for record in records)
        for what in ("startup", "compile", "train", "evaluate")
    }
    return "Of a group of lanes, medians: " + ", ".join(f"{what} {took:.1f} s" for what, took in spent.items()) + "."
