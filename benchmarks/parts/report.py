"""All trainings of the report, once: wall-clock time of the lab, its start included, versus the same with ``fit``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.parts.trainings import run_fit, run_lab, total_epochs
from mnist_lab.experiments import plan
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.sections import SECTIONS

_QUICK_EPOCHS = 1


def measure(options: PartOptions, narrate: Narrate) -> Iterator[Table]:
    """See :data:`~benchmarks.measurements.Measure`."""
    plans = report_trainings()
    dense = [planned for planned in plans if planned.experiment.network == "dense"]
    epochs = options.epochs or (_QUICK_EPOCHS if options.quick else plans[0].experiment.epochs)
    seconds: dict[str, float] = {}
    notes = [f"{len(plans)} trainings, {len(dense)} of them dense, of at most {epochs} epochs."]
    for name, chosen in (("dense", dense), ("all", plans)):
        narrate(f"report: {len(chosen)} trainings by the lab")
        seconds[f"{name}/lab"], records = run_lab(_arguments(chosen, epochs), options.scratch)
        notes.append(f"The lab, {name}: {_summary(records)}.")
        narrate(f"{notes[-1]} It took {seconds[f'{name}/lab']:.0f} s.")
    # Dense ones first, so that their time can be separated.
    ordered = dense + [planned for planned in plans if planned.experiment.network != "dense"]
    narrate(f"report: {len(ordered)} trainings by Keras fit")
    experiments = [planned.experiment.derive(epochs=epochs) for planned in ordered]
    startup, results = run_fit(experiments, "tensorflow", options.scratch, narrate)
    fit_seconds = [result.seconds for result in results]
    seconds["dense/fit"], seconds["all/fit"] = startup + sum(fit_seconds[: len(dense)]), startup + sum(fit_seconds)
    notes.append(f"Keras fit: {total_epochs(results[: len(dense)])} dense epochs, {total_epochs(results)} in all.")
    names = {"dense": "the dense trainings", "all": "all trainings, with convolutions"}
    competitors = {"lab": "the lab", "fit": "Keras fit, one after another in one process"}
    measurements = tuple(
        Measurement(
            f"report/{part}/{key}", f"{what}, {who}", "s", (seconds[f"{part}/{key}"],), baseline=f"report/{part}/fit"
        )
        for part, what in names.items()
        for key, who in competitors.items()
    )
    yield Table("The trainings of the report, float32, one seed, wall-clock time", measurements, tuple(notes))


def report_trainings() -> list[Planned]:
    """Every preset of every section; presets of the same experiment once."""
    return plan.distinct([planned for section in SECTIONS for planned in plan.from_section(section)])


def _arguments(plans: Sequence[Planned], epochs: int) -> list[str]:
    presets = [argument for planned in plans for argument in ("--preset", planned.label)]
    return [*presets, "--epochs", str(epochs)]


def _summary(records: Sequence[Record]) -> str:
    early = sum(record.stopped_early for record in records)
    counts = {status: sum(record.status == status for record in records) for status in ("finished", "diverged")}
    ended = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
    return f"{total_epochs(records)} epochs, {ended}, {early} stopped early"
