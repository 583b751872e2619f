"""The report's questions, and the presets that answer them."""

from __future__ import annotations

from itertools import combinations

import pytest

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import DEFAULT, FIELDS
from mnist_lab.experiments.presets import PRESETS, preset
from mnist_lab.experiments.sections import SECTIONS, Section, arm_of, arms, section, settings_of, walk
from tests.experiments.test_presets import CONTROLS

PARTS = {
    "activation": [],
    "architecture": ["width", "depth", "layer-type"],
    "hyperparameter": ["learning-rate", "batch-size"],
    "overfitting": [],
}

PRESETS_OF = {
    "activation": {"relu", "sigmoid", "gelu", "elu", "leaky-relu"},
    "width": {"units-64", "units-128", "units-256"},
    "depth": {"depth-1", "depth-2", "depth-3"},
    "layer-type": {"dense", "conv"},
    "learning-rate": {"lr-0.1", "lr-0.01", "lr-0.001", "lr-0.0005", "lr-0.0001"},
    "batch-size": {"batch-32", "batch-64", "batch-128", "batch-256", "batch-512"},
    "overfitting": {"dense", "dense-early", "conv", "conv-early"},
}

EVERY = pytest.mark.parametrize("asked", list(walk()), ids=lambda asked: asked.name)


def test_there_are_these_sections_and_parts_and_no_others() -> None:
    assert {whole.name: [part.name for part in whole.parts] for whole in SECTIONS} == PARTS


@pytest.mark.parametrize("name", list(PRESETS_OF))
def test_a_section_has_these_presets(name: str) -> None:
    presets = section(name).presets
    assert set(presets) == PRESETS_OF[name]
    assert len(presets) == len(PRESETS_OF[name])


@pytest.mark.parametrize("name", ["architecture", "hyperparameter"])
def test_a_whole_has_the_presets_and_factors_of_its_parts(name: str) -> None:
    whole = section(name)
    assert set(whole.presets) == set.union(*(PRESETS_OF[part] for part in PARTS[name]))
    assert set(whole.factor) == {field for part in whole.parts for field in part.factor}


@EVERY
def test_the_presets_of_a_section_differ_in_its_factor_alone(asked: Section) -> None:
    baseline = preset(asked.presets[0])
    assert set(asked.factor) <= set(FIELDS)
    for one, other in combinations(map(preset, asked.presets), 2):
        assert set(one.changed(other)) <= set(asked.factor)
    for named in asked.presets[1:]:
        assert preset(named) != baseline or asked.parts


@pytest.mark.parametrize("name", list(PRESETS_OF))
def test_the_presets_of_a_part_differ_from_each_other(name: str) -> None:
    experiments = [preset(named) for named in section(name).presets]
    assert len(set(experiments)) == len(experiments)


@EVERY
def test_a_section_has_a_title_and_asks_one_question(asked: Section) -> None:
    assert asked.title
    assert asked.question.endswith("?")
    assert "\n" not in asked.question
    assert set(asked.presets) <= set(PRESETS)


def test_every_preset_but_the_baseline_the_main_job_and_the_controls_answers_a_question() -> None:
    others = set(PRESETS) - {named for asked in walk() for named in asked.presets}
    assert others == {"baseline", "early-stopping", *CONTROLS}


def test_a_part_is_found_by_its_own_name() -> None:
    assert section("width") is section("architecture").parts[0]


@pytest.mark.parametrize(("typed", "nearest"), [("activations", "activation"), ("layer_type", "layer-type")])
def test_an_unknown_section_is_answered_with_the_nearest(typed: str, nearest: str) -> None:
    with pytest.raises(UsageError) as caught:
        section(typed)
    written = f"There is no section {typed!r}. Did you mean {nearest!r}? `mnist-lab sections` lists them."
    assert str(caught.value) == written


def test_the_arms_are_the_presets_in_their_order_each_experiment_once_under_its_first_name() -> None:
    assert arms(section("architecture")) == ("units-128", "units-64", "units-256", "depth-2", "depth-3", "conv")
    assert arms(section("overfitting")) == ("dense", "dense-early", "conv", "conv-early")


def test_an_experiment_is_an_arm_whatever_a_section_leaves_open() -> None:
    depth = section("depth")
    changed = DEFAULT.derive(seed=3, epochs=2, protocol="holdout", precision="bfloat16", data="0" * 64)
    assert arm_of(depth, changed) == "depth-1"
    assert arm_of(depth, changed.derive(depth=3)) == "depth-3"
    assert arm_of(depth, changed.derive(depth=4)) is None
    assert arm_of(depth, changed.derive(units=64)) is None
    assert arm_of(section("architecture"), DEFAULT) == "units-128"


@EVERY
def test_the_settings_of_an_arm_make_its_preset_of_the_default(asked: Section) -> None:
    for named in asked.presets:
        settings = settings_of(asked, named)
        assert set(settings) <= set(asked.factor)
        assert DEFAULT.derive(**settings) == preset(named)
