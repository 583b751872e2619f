"""A study is a value: what it trains, what it compares, and what it is called."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import Environment
from mnist_lab.experiments.sections import section
from mnist_lab.experiments.study import Study, of_plans
from tests.factories import make_record


def by(**values: list[object]) -> list[Planned]:
    return plan.varied([plan.from_experiment(DEFAULT)], values)


def of_section(name: str, **settings: object) -> Study:
    return of_plans(plan.with_settings(plan.from_section(section(name)), settings), range(2))


def test_a_section_is_a_study_of_its_factor_with_its_first_as_the_baseline() -> None:
    study = of_section("activation")
    assert (study.title, study.factor, study.baseline) == ("activation", ("activation",), "relu")
    assert list(study.arms) == ["relu", "sigmoid", "gelu", "elu", "leaky-relu"]
    assert (study.family, study.margin, study.seeds) == ("baseline", 0.001, (0, 1))


def test_a_field_that_only_some_arms_have_is_no_factor() -> None:
    assert of_section("overfitting", patience="6").factor == ("network", "early_stopping")


def test_fields_that_are_varied_together_are_factors_together() -> None:
    study = of_plans(by(units=[8, 16], activation=["relu", "elu"]), [0])
    assert (study.title, set(study.factor)) == ("units,activation", {"units", "activation"})
    assert len(study.arms) == 4
    assert study.baseline == "units=8 activation=relu"


def test_it_trains_every_arm_seed_by_seed() -> None:
    study = of_plans(by(units=[8, 16]), [1, 0])
    assert [(name, experiment.units, experiment.seed) for name, experiment in study.trainings()] == [
        ("units=8", 8, 0),
        ("units=16", 16, 0),
        ("units=8", 8, 1),
        ("units=16", 16, 1),
    ]


def test_the_same_question_has_the_same_id_whatever_its_seeds_margin_and_order() -> None:
    first = of_plans(by(units=[8, 16]), [0, 1])
    again = of_plans(by(units=[16, 8]), range(20), margin=0.01, family="pairs")
    assert first.id == again.id
    assert first.id.startswith("units-")
    others = [
        of_plans(by(units=[8, 17]), [0, 1]),
        of_plans(by(units=[8, 16]), [0, 1], "jax"),
        of_plans(plan.with_settings(by(units=[8, 16]), {"epochs": "3"}), [0, 1]),
    ]
    assert len({first.id, *(other.id for other in others)}) == 4


def test_studies_have_the_ids_that_they_had_in_version_0_1_0() -> None:
    stopping = plan.from_experiment(DEFAULT.derive(early_stopping=True))
    kept = plan.varied([stopping], {"restore_best_weights": ["true", "false"]})
    assert [
        of_section("activation").id,
        of_section("overfitting").id,
        of_section("overfitting", restore_best_weights="false").id,
        of_plans(kept, [0], "jax").id,
    ] == ["activation-686bd5", "overfitting-382569", "overfitting-b51b5d", "restore-best-2f56aa"]


def test_a_factor_is_read_by_its_former_name() -> None:
    study = of_plans(by(units=[8, 16]), [0])
    written = study.model_dump(by_alias=True) | {"factor": ["units", "restore_best"]}
    assert Study.model_validate(written).factor == ("units", "restore_best_weights")


def test_runs_are_assigned_to_their_arms_whichever_study_requested_them() -> None:
    study = of_plans(by(units=[8, 16]), [0])
    runs = {
        "of the arm": make_record(experiment=DEFAULT.derive(units=8, seed=5), study="else", note="mine"),
        "of none": make_record(experiment=DEFAULT.derive(units=9)),
        "of another precision": make_record(experiment=DEFAULT.derive(units=16, precision="bfloat16")),
        "of another backend": make_record(
            experiment=DEFAULT.derive(units=16),
            environment=Environment(mnist_lab="0.1.0", python="3.11.7", backend="jax"),
        ),
    }
    assert study.records(runs.values()) == {"units=8": [runs["of the arm"]], "units=16": []}


@pytest.mark.parametrize(
    "changes", [{"baseline": "no arm"}, {"margin": 0}, {"arms": {}}], ids=["no baseline", "no margin", "no arms"]
)
def test_what_makes_no_study_is_refused(changes: dict[str, object]) -> None:
    whole = of_plans(by(units=[8, 16]), [0]).model_dump()
    with pytest.raises(ValidationError):
        Study.model_validate(whole | changes)
