from __future__ import annotations

from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.presets import preset
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui.colours import distinct_slots, slot_of, slots
from mnist_lab.tui.form_state import CUSTOM
from tests.factories import make_view


def views(*experiments: Experiment) -> list[RunSnapshot]:
    return [make_view(str(place), label="", experiment=experiment) for place, experiment in enumerate(experiments)]


def test_a_value_has_its_place_in_the_section() -> None:
    asked = views(preset("relu"), preset("sigmoid"), preset("leaky-relu"), preset("sigmoid").derive(seed=3))
    assert list(slots(asked, "activation").values()) == [0, 1, 4, 1]


def test_what_is_no_value_of_the_section_takes_no_other_ones_place() -> None:
    asked = views(preset("sigmoid"), preset("dense-early"), preset("conv"), preset("conv").derive(seed=1))
    assert list(slots(asked, "activation").values()) == [1, 5, 6, 6]


def test_custom_runs_are_told_apart() -> None:
    asked = views(DEFAULT.derive(units=77), DEFAULT.derive(units=78))
    assert list(slots(asked, CUSTOM).values()) == [0, 1]


def test_runs_of_different_sections_beside_each_other_are_told_apart() -> None:
    asked = views(preset("sigmoid"), preset("units-64"), preset("conv"), preset("dense-early"))
    assert len(set(distinct_slots(asked).values())) == 4
    assert distinct_slots(asked)["0"] == slot_of(preset("sigmoid"))
