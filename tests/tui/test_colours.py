from __future__ import annotations

from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.presets import preset
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui.colours import distinct_slots, slot_of, slots
from mnist_lab.tui.form_state import CUSTOM
from tests.factories import make_view


def snapshots(*experiments: Experiment) -> list[RunSnapshot]:
    return [make_view(str(index), label="", experiment=experiment) for index, experiment in enumerate(experiments)]


def test_the_slot_of_a_value_is_its_index_in_the_section() -> None:
    requested = snapshots(preset("relu"), preset("sigmoid"), preset("leaky-relu"), preset("sigmoid").derive(seed=3))
    assert list(slots(requested, "activation").values()) == [0, 1, 4, 1]


def test_what_is_no_value_of_the_section_takes_no_slot_of_one() -> None:
    requested = snapshots(preset("sigmoid"), preset("dense-early"), preset("conv"), preset("conv").derive(seed=1))
    assert list(slots(requested, "activation").values()) == [1, 5, 6, 6]


def test_custom_runs_have_distinct_slots() -> None:
    requested = snapshots(DEFAULT.derive(units=77), DEFAULT.derive(units=78))
    assert list(slots(requested, CUSTOM).values()) == [0, 1]


def test_runs_of_different_sections_have_distinct_slots() -> None:
    requested = snapshots(preset("sigmoid"), preset("units-64"), preset("conv"), preset("dense-early"))
    assert len(set(distinct_slots(requested).values())) == 4
    assert distinct_slots(requested)["0"] == slot_of(preset("sigmoid"))
