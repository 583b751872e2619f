"""Plans for presets, sections and settings, in order and without repetitions."""

from __future__ import annotations

from typing import Any

import pytest

from mnist_lab.errors import UsageError
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.sections import section


def labels(plans: list[Planned]) -> list[str]:
    return [planned.label for planned in plans]


def test_presets_are_trained_each_anew_also_where_two_are_one_experiment() -> None:
    plans = plan.from_presets(["relu", "baseline", "relu"])
    assert labels(plans) == ["relu", "baseline", "relu"]
    assert [planned.preset for planned in plans] == ["relu", "baseline", "relu"]
    assert {planned.experiment for planned in plans} == {DEFAULT}


def test_a_section_trains_each_experiment_once_under_its_first_name_and_in_its_order() -> None:
    plans = plan.from_section(section("architecture"))
    assert labels(plans) == ["units-128", "units-64", "units-256", "depth-2", "depth-3", "conv"]
    assert {planned.study for planned in plans} == {"architecture"}
    assert [planned.experiment for planned in plans] == [preset(planned.preset or "") for planned in plans]


def test_of_equal_experiments_the_first_keeps_its_position() -> None:
    named = [Planned(preset(name), name) for name in ("relu", "sigmoid", "dense", "sigmoid", "gelu", "baseline")]
    assert labels(plan.distinct(named)) == ["relu", "sigmoid", "gelu"]


def test_an_experiment_is_called_by_its_preset_where_it_is_one() -> None:
    assert plan.from_experiment(preset("conv")) == Planned(preset("conv"), "conv")
    other = DEFAULT.derive(units=65)
    assert plan.from_experiment(other) == Planned(other, "units=65")


@pytest.mark.parametrize(
    "settings",
    [
        {"patience": "2", "early_stopping": "true"},
        {"early_stopping": "true", "patience": "2"},
    ],
)
def test_settings_are_applied_together_in_any_order(settings: dict[str, Any]) -> None:
    [planned] = plan.with_settings([plan.from_experiment(DEFAULT)], settings)
    assert planned.experiment == DEFAULT.derive(early_stopping=True, patience=2)


def test_settings_that_undo_each_other_are_refused() -> None:
    stopping = plan.from_experiment(preset("early-stopping"))
    with pytest.raises(UsageError, match="patience has no effect unless early_stopping is true"):
        plan.with_settings([stopping], {"patience": "2", "early_stopping": "false"})


def test_a_setting_changes_the_plans_in_which_it_has_an_effect() -> None:
    plans = plan.with_settings(plan.from_presets(["dense", "conv"]), {"filters": "8", "epochs": "3"})
    assert [planned.experiment for planned in plans] == [
        DEFAULT.derive(epochs=3),
        DEFAULT.derive(epochs=3, network="conv", filters="8"),
    ]
    same = plan.with_settings(plan.from_presets(["dense-early", "dense-early", "dense"]), {"patience": "1"})
    assert [planned.experiment.patience for planned in same] == [1, 1, 4]


@pytest.mark.parametrize(
    ("settings", "written"),
    [
        ({"filters": "8"}, "filters has no effect unless network is conv"),
        ({"unitz": "8"}, "no field 'unitz'. Did you mean 'units'?"),
        ({"units": "0"}, "units takes a whole number from 1 to 4096; '0' is not."),
        ({"epochs": "3", "units": "x"}, "units takes a whole number"),
    ],
)
def test_a_setting_that_no_plan_can_take_is_refused(settings: dict[str, str], written: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan.with_settings(plan.from_presets(["relu", "sigmoid"]), settings)
    assert written in str(caught.value)


def test_values_are_spread_in_every_combination() -> None:
    plans = plan.varied([plan.from_experiment(DEFAULT)], {"units": ["64", "128"], "seed": ["1", "2"]})
    assert labels(plans) == ["units=64 seed=1", "units=64 seed=2", "units=128 seed=1", "units=128 seed=2"]
    assert [(planned.experiment.units, planned.experiment.seed) for planned in plans] == [
        (64, 1),
        (64, 2),
        (128, 1),
        (128, 2),
    ]
    assert {planned.study for planned in plans} == {"units,seed"}


def test_values_are_spread_over_several_plans_which_keep_their_names_and_study() -> None:
    plans = plan.varied(plan.from_section(section("layer-type")), {"seed": ["0", "1"]})
    assert labels(plans) == ["dense seed=0", "dense seed=1", "conv seed=0", "conv seed=1"]
    assert {planned.study for planned in plans} == {"layer-type"}


def test_a_value_given_twice_is_trained_once() -> None:
    plans = plan.varied([plan.from_experiment(DEFAULT)], {"learning_rate": ["0.001", "1e-3", "0.01", "0.001"]})
    assert labels(plans) == ["learning_rate=0.001", "learning_rate=0.01"]


def test_fields_may_be_named_as_in_earlier_versions() -> None:
    stopping = plan.from_experiment(preset("early-stopping"))
    settings = plan.parse_settings(["restore-best=false"])
    assert settings == {"restore_best_weights": "false"}
    assert plan.with_settings([stopping], {"restore_best": "false"}) == plan.with_settings([stopping], settings)
    variations = plan.parse_variations(["restore_best=true,false"])
    assert plan.varied([stopping], {"restore_best": ["true", "false"]}) == plan.varied([stopping], variations)
    assert labels(plan.varied([stopping], variations)) == ["restore_best_weights=true", "restore_best_weights=false"]
    with pytest.raises(UsageError, match="restore_best_weights is set twice"):
        plan.parse_settings(["restore_best=true", "restore_best_weights=false"])


def test_nothing_to_spread_leaves_the_plans_as_they_are() -> None:
    plans = plan.from_presets(["relu", "baseline"])
    assert plan.varied(plans, {}) == plans
    assert plan.with_settings(plans, {}) == plans


def test_a_value_that_cannot_be_taken_is_refused_before_anything_is_trained() -> None:
    with pytest.raises(UsageError, match="activation takes one of"):
        plan.varied([plan.from_experiment(DEFAULT)], {"activation": ["relu", "swish9"]})


def test_seeds_come_seed_by_seed() -> None:
    plans = plan.seeded(plan.from_presets(["relu", "gelu"]), range(2))
    assert labels(plans) == ["relu s0", "gelu s0", "relu s1", "gelu s1"]
    assert [planned.experiment.seed for planned in plans] == [0, 0, 1, 1]
    assert labels(plan.seeded(plan.from_presets(["relu"]), [5])) == ["relu"]


def test_settings_are_read_from_text() -> None:
    read = plan.parse_settings(["units=64", " learning-rate = 1e-3 ", "data=a=b", "train_size="])
    assert read == {"units": "64", "learning_rate": "1e-3", "data": "a=b", "train_size": ""}


@pytest.mark.parametrize(
    ("texts", "written"),
    [
        (["units"], "'units' sets nothing: write it as field=value"),
        (["=64"], "no field ''"),
        (["unit=64"], "Did you mean 'units'?"),
        (["units=64", "units=32"], "units is set twice"),
        (["batch-size=64", "batch_size=64"], "batch_size is set twice"),
        (["\x1b]52;c;x\x07"], "sets nothing"),
    ],
)
def test_settings_that_make_no_sense_are_refused(texts: list[str], written: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan.parse_settings(texts)
    assert written in str(caught.value)
    assert str(caught.value).isprintable()


def test_variations_are_read_from_text() -> None:
    assert plan.parse_variations(["units=64, 128,", "filters=32+64,8"]) == {
        "units": ["64", "128"],
        "filters": ["32+64", "8"],
    }


@pytest.mark.parametrize("text", ["units=", "units= , ,"])
def test_a_variation_without_values_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="lists no values"):
        plan.parse_variations([text])
