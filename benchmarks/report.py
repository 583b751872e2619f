"""All trainings of the report, once: the lab by wall clock, its start included, beside the same list with ``fit``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.figures import Figure, Narrate, Settings, Table
from benchmarks.trainings import by_fit, by_the_lab, epochs_of
from mnist_lab.experiments import plan
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.sections import SECTIONS

_QUICK_EPOCHS = 1


def measure(settings: Settings, narrate: Narrate) -> Iterator[Table]:
    """See :data:`~benchmarks.figures.Measure`."""
    plans = trainings()
    dense = [planned for planned in plans if planned.experiment.network == "dense"]
    epochs = settings.epochs or (_QUICK_EPOCHS if settings.quick else plans[0].experiment.epochs)
    seconds: dict[str, float] = {}
    notes = [f"{len(plans)} trainings, {len(dense)} of them dense, of at most {epochs} epochs."]
    for name, listed in (("dense", dense), ("all", plans)):
        narrate(f"report: {len(listed)} trainings by the lab")
        seconds[f"{name}/lab"], records = by_the_lab(_arguments(listed, epochs), settings.scratch)
        notes.append(f"The lab, {name}: {_told(records)}.")
        narrate(f"{notes[-1]} It took {seconds[f'{name}/lab']:.0f} s.")
    # Dense ones first, so that their time can be told apart.
    in_turn = dense + [planned for planned in plans if planned.experiment.network != "dense"]
    narrate(f"report: {len(in_turn)} trainings by Keras fit")
    experiments = [planned.experiment.derive(epochs=epochs) for planned in in_turn]
    startup, trained = by_fit(experiments, "tensorflow", settings.scratch, narrate)
    took = [training.seconds for training in trained]
    seconds["dense/fit"], seconds["all/fit"] = startup + sum(took[: len(dense)]), startup + sum(took)
    notes.append(f"Keras fit: {epochs_of(trained[: len(dense)])} dense epochs, {epochs_of(trained)} in all.")
    names = {"dense": "the dense trainings", "all": "the whole list, with convolutions"}
    figures = tuple(
        Figure(f"report/{one}/{way}", f"{told}, {who}", "s", (seconds[f"{one}/{way}"],), against=f"report/{one}/fit")
        for one, told in names.items()
        for way, who in (("lab", "the lab"), ("fit", "Keras fit, one after another in one process"))
    )
    yield Table("The trainings of the report, float32, one seed, by wall clock", figures, tuple(notes))


def trainings() -> list[Planned]:
    """Every preset of every section; those that mean the same experiment once."""
    return plan.distinct([planned for section in SECTIONS for planned in plan.from_section(section)])


def _arguments(plans: Sequence[Planned], epochs: int) -> list[str]:
    presets = [argument for planned in plans for argument in ("--preset", planned.label)]
    return [*presets, "--epochs", str(epochs)]


def _told(records: Sequence[Record]) -> str:
    early = sum(record.stopped_early for record in records)
    ended = {status: sum(record.status == status for record in records) for status in ("finished", "diverged")}
    told = ", ".join(f"{count} {status}" for status, count in ended.items() if count)
    return f"{epochs_of(records)} epochs, {told}, {early} stopped early"
