from __future__ import annotations

from dataclasses import replace

import pytest

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.sections import walk
from mnist_lab.tui.form_state import CUSTOM, FormState, choices_of


@pytest.mark.parametrize("section", [section.name for section in walk()])
def test_a_section_asks_for_its_presets_as_they_are(section: str) -> None:
    plans = FormState.of(section).plans()
    assert [plan.experiment for plan in plans] == [preset(name) for name in choices_of(section)]
    assert [plan.preset for plan in plans] == list(choices_of(section))
    assert {plan.study for plan in plans} == {section}


def test_only_what_is_ticked_is_trained() -> None:
    state = replace(FormState.of("activation"), chosen=frozenset({"gelu", "elu"}))
    assert [plan.label for plan in state.plans()] == ["gelu", "elu"]


def test_nothing_ticked_is_an_error() -> None:
    with pytest.raises(UsageError, match="ticked"):
        replace(FormState.of("activation"), chosen=frozenset()).plans()


def test_seeds_epochs_protocol_and_base_go_into_every_run() -> None:
    base = DEFAULT.derive(dropout=0.2)
    state = replace(FormState.of("width"), seeds="2", epochs="3", protocol="holdout", base=base)
    experiments = [plan.experiment for plan in state.plans()]
    assert len(experiments) == 6
    assert {(e.epochs, e.protocol, e.dropout) for e in experiments} == {(3, "holdout", 0.2)}
    assert [e.seed for e in experiments] == [0, 0, 0, 1, 1, 1]


def test_a_section_with_several_seeds_is_a_study_and_anything_else_is_none() -> None:
    state = replace(FormState.of("width"), seeds="3", epochs="5")
    study = state.study()
    assert study is not None
    assert (study.title, study.baseline, study.seeds) == ("width", "units-128", (0, 1, 2))
    assert [experiment for _, experiment in study.trainings()] == [plan.experiment for plan in state.plans()]
    assert FormState.of("width").study() is None
    assert replace(FormState.of(CUSTOM), seeds="3").study() is None


def test_the_factor_of_the_section_wins_over_the_base() -> None:
    state = replace(FormState.of("overfitting"), base=DEFAULT.derive(early_stopping=True, patience=2))
    stopping = {plan.label: plan.experiment.early_stopping for plan in state.plans()}
    assert stopping == {"dense": False, "dense-early": True, "conv": False, "conv-early": True}
    assert {plan.experiment.patience for plan in state.plans() if plan.experiment.early_stopping} == {2}


def test_custom_asks_for_the_base_alone() -> None:
    (plan,) = replace(FormState.of(CUSTOM), base=DEFAULT.derive(units=77)).plans()
    assert plan.experiment.units == 77
    assert plan.label == "units=77"


@pytest.mark.parametrize("seeds", ["", "0", "x", "-1", "1001", "1.5"])
def test_invalid_seeds_are_an_error(seeds: str) -> None:
    with pytest.raises(UsageError, match="seeds takes a whole number from 1 to 1000"):
        replace(FormState.of("width"), seeds=seeds).plans()


@pytest.mark.parametrize("epochs", ["", "0", "x"])
def test_invalid_epochs_are_an_error(epochs: str) -> None:
    with pytest.raises(UsageError, match="epochs takes a whole number from 1 to 10000"):
        replace(FormState.of("width"), epochs=epochs).plans()
