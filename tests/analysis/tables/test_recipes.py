"""Recipes with their verdicts: whatever is shown of them, and in whichever order, the verdicts are the study's."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from mnist_lab.analysis.statistics.intervals import sampling_interval
from mnist_lab.analysis.statistics.verdicts import judge_study
from mnist_lab.analysis.tables.export import to_csv, to_rows
from mnist_lab.analysis.tables.query import IN_ORDER, Query
from mnist_lab.analysis.tables.recipe_table import RecipeSelection, RecipeTable
from mnist_lab.analysis.tables.recipes import Recipe, Recipes
from mnist_lab.errors import UsageError
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import METRICS, Environment, Record, Result
from mnist_lab.experiments.study import Study, of_plans
from tests.factories import make_record

ACTIVATIONS = {"relu": 0.978, "sigmoid": 0.970, "elu": 0.9779}


def run(accuracy: float | None, seed: int, *, backend: str = "", **fields: Any) -> Record:
    changes = {"seed": seed} | fields.pop("changes", {})
    environment = Environment(mnist_lab="0.1.0", python="3.11.7", backend=backend)
    history = {metric: [0.01 * seed + 0.1 * epoch for epoch in range(3)] for metric in METRICS}
    return make_record(
        changes=changes,
        **{"result": Result(test_accuracy=accuracy), "environment": environment, "history": history} | fields,
    )


def study_of(*names: str) -> Study:
    plans = [Planned(run(0.9, 0, changes={"activation": name}).experiment, name, study="activation") for name in names]
    return of_plans(plans, range(5))


def runs_of(names: Sequence[str], seeds: int = 5, **changes: Any) -> list[Record]:
    """Some seeds of some activations, whose accuracies differ from seed to seed by a few images."""
    return [
        run(ACTIVATIONS[name] + 0.0002 * ((3 * seed + len(name)) % 4), seed, changes={"activation": name, **changes})
        for seed in range(seeds)
        for name in names
    ]


@pytest.fixture
def table() -> RecipeTable:
    """A study of three activations, and a width that belongs to no study."""
    made = RecipeTable()
    wide = [run(0.981, seed, changes={"units": 256}) for seed in range(2)]
    made.update([*runs_of([*ACTIVATIONS]), *wide], [study_of(*ACTIVATIONS)])
    return made


def names(recipes: Sequence[Recipe] | RecipeSelection) -> list[str]:
    rows = recipes.recipes if isinstance(recipes, RecipeSelection) else recipes
    return [recipe.name for recipe in rows]


def test_recipes_of_a_study_are_judged_as_the_study_is_and_others_are_compared_with_nothing(table: RecipeTable) -> None:
    study, records = study_of(*ACTIVATIONS), runs_of([*ACTIVATIONS])
    found = table.select(IN_ORDER).recipes
    assert names(found) == [*ACTIVATIONS, "units-256 epochs=2"]
    judged = judge_study(study, records)
    by_name = {arm.name: (arm.mean, arm.interval, arm.comparison and arm.comparison.verdict) for arm in judged.arms}
    for recipe in found[:3]:
        arm = recipe.summary
        assert (arm.mean, arm.interval, arm.comparison and arm.comparison.verdict) == by_name[recipe.name]
    assert found[1].summary.comparison is not None
    assert found[1].summary.comparison.verdict == "worse"
    assert [recipe.is_baseline for recipe in found] == [True, False, False, False]
    assert found[3].study is None
    assert found[3].summary.comparison is None


@pytest.mark.parametrize(
    "expression",
    ["", "sigmoid", "activation=elu", "test_accuracy>97.5%", "verdict=worse", "n>3", "within_margin=false"],
)
@pytest.mark.parametrize("column", ["study", "test_accuracy", "difference", "recipe"])
def test_no_order_and_no_filter_changes_a_verdict(table: RecipeTable, expression: str, column: str) -> None:
    before = {row["recipe"]: row for row in to_rows(table.select(IN_ORDER).frame)}
    kept = ("n", "test_accuracy", "mean_low", "difference", "difference_low", "verdict", "seeds_needed")
    for descending in (True, False):
        shown = table.select(Query(expression, column, descending))
        rows = to_rows(shown.frame)
        assert rows
        assert [row["recipe"] for row in rows] == names(shown)
        for row in rows:
            assert {name: row[name] for name in kept} == {name: before[row["recipe"]][name] for name in kept}


def test_rows_are_narrowed_and_ordered_and_have_the_columns_that_tell_them_apart(table: RecipeTable) -> None:
    shown = table.select(Query("activation!=sigmoid", "test_accuracy", True))
    assert names(shown) == ["units-256 epochs=2", "elu", "relu"]
    assert shown.total == 4
    assert shown.columns == ["study", "recipe", "n", "test_accuracy", "verdict", "difference", "units", "activation"]
    first, second = shown.studies()
    assert (names(first), names(second)) == (["units-256 epochs=2"], ["elu", "relu"])
    assert "units" not in second.columns
    assert table.select(Query("nonsense=1", "n")).complaint.startswith("There is no column")
    [one] = table.select(IN_ORDER, [first.recipes[0].records[0].id]).recipes
    assert one.key == first.recipes[0].key


def test_a_verdict_rests_on_all_seeds_of_the_backend_it_was_declared_for() -> None:
    others = [run(0.5, seed, backend="jax", changes={"activation": "relu"}) for seed in range(5)]
    found = Recipes().of([*others, *runs_of(["relu", "elu"])], [study_of("relu", "elu")])
    assert names(found) == ["relu", "elu", "baseline epochs=2"]
    assert found[0].summary.mean == pytest.approx(np.mean([*found[0].summary.arm.values.values()]))
    assert found[0].summary.mean > 0.97
    assert len({recipe.key for recipe in found}) == 3
    free = Recipes().of([*others, *runs_of(["relu"])], [])
    assert sorted(names(free)) == ["baseline epochs=2 on jax", "baseline epochs=2 on tensorflow"]


def test_a_baseline_may_be_named_for_recipes_of_no_study_that_differ_in_one_factor() -> None:
    records = runs_of([*ACTIVATIONS])
    found = Recipes().of(records, [], baseline="sigmoid epochs=2")
    by_study = judge_study(study_of("sigmoid", "relu", "elu"), records)
    words = {arm.name: arm.comparison.verdict for arm in by_study.arms if arm.comparison}
    by_name = {recipe.experiment.activation: recipe.summary.comparison for recipe in found}
    assert {name: one.verdict for name, one in by_name.items() if one} == words == {"relu": "better", "elu": "better"}
    wide = [run(0.98, 0, changes={"units": 256})]
    with pytest.raises(UsageError, match="differ in units, activation"):
        Recipes().of([*records, *wide], [], baseline="sigmoid epochs=2")
    narrowed = Recipes().of([*records, *wide], [], baseline="sigmoid epochs=2", section="activation")
    assert len(narrowed) == 3
    with pytest.raises(UsageError, match=r"called 'relu'; there are baseline epochs=2, sigmoid epochs=2"):
        Recipes().of(records, [], baseline="relu")


def test_a_section_compares_its_own_recipes_where_no_study_does() -> None:
    records = runs_of([*ACTIVATIONS], epochs=20)
    short = runs_of(["elu"], epochs=3)
    found = Recipes().of([*records, *short], [], section="activation")
    words = [(recipe.experiment.activation, recipe.experiment.epochs, recipe.baseline) for recipe in found]
    assert words == [
        ("relu", 20, "baseline"),
        ("sigmoid", 20, "baseline"),
        ("elu", 20, "baseline"),
        ("elu", 3, ""),
    ]
    by_name = {recipe.name: recipe.summary.comparison for recipe in found}
    assert by_name["sigmoid"] is not None
    assert (by_name["sigmoid"].verdict, by_name["sigmoid"].family) == ("worse", 2)
    assert not any(recipe.baseline for recipe in Recipes().of(runs_of(["sigmoid", "elu"]), [], section="activation"))


def test_a_section_narrows_the_rows_and_no_family() -> None:
    records = runs_of([*ACTIVATIONS])
    study = study_of(*ACTIVATIONS)
    whole = {recipe.name: recipe.summary.comparison for recipe in Recipes().of(records, [study])}
    narrowed = Recipes().of(records, [study], section="width")
    assert names(narrowed) == ["relu"]
    assert narrowed[0].summary.comparison == whole["relu"]
    with pytest.raises(UsageError, match="no section"):
        Recipes().of(records, [study], section="widht")


def test_figures_that_need_a_word_have_one() -> None:
    lost = [run(None, seed, status="diverged", result=Result(), changes={"activation": "elu"}) for seed in (7, 8)]
    early = [run(0.97, seed, changes={"early_stopping": True}) for seed in range(3)]
    single = run(0.9789, 0, changes={"units": 64})
    other_images = run(0.97, 0, changes={"data": "0" * 64})
    made = RecipeTable()
    made.update([*runs_of(["relu", "elu"]), *lost, *early, single, other_images], [study_of("relu", "elu")])
    rows = {row["recipe"].split()[0]: row for row in to_rows(made.select(IN_ORDER).frame)}
    assert (rows["elu"]["n"], rows["elu"]["diverged"]) == (5, 2)
    assert rows["early-stopping" if "early-stopping" in rows else "dense-early"]["selected_on"] == "test set"
    assert rows["relu"]["selected_on"] is None
    assert (rows["units-64"]["network_low"], rows["units-64"]["network_high"]) == sampling_interval(0.9789)
    assert rows["units-64"]["verdict"] == "not enough runs"
    assert rows["baseline"]["network_low"] is None


def test_plain_figures_are_whole_where_they_are_whole(table: RecipeTable) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(table.select(IN_ORDER).frame))))
    assert [row["n"] for row in rows] == ["5", "5", "5", "2"]
    assert [row["units"] for row in rows] == ["128", "128", "128", "256"]
    needed = [row["seeds_needed"] for row in rows]
    assert all(seeds == "" or seeds.isdigit() for seeds in needed)


def test_the_spread_is_the_mean_and_deviation_of_the_trainings_that_count() -> None:
    counted = [run(0.97, seed) for seed in range(4)]
    again = run(0.5, 0, history={metric: [0.9, 0.9, 0.9] for metric in METRICS})
    [recipe] = Recipes().of([again, *counted], [])
    curves = np.array([[0.01 * seed + 0.1 * epoch for epoch in range(3)] for seed in range(4)])
    means, deviations = curves.mean(0), curves.std(0, ddof=1)
    spread = recipe.spread("val_loss")
    assert np.allclose(spread, np.stack([means, means - deviations, means + deviations], axis=1))
    assert len(recipe.trainings) == 4
    short = run(0.97, 9, history={metric: [0.9] for metric in METRICS})
    [shorter] = Recipes().of([*recipe.records, short], [])
    assert len(shorter.spread("val_loss")) == 1


def test_what_is_known_is_not_judged_again_and_what_is_new_is() -> None:
    made = Recipes()
    study, records = study_of("relu", "elu"), runs_of(["relu", "elu"])
    free = run(0.97, 0, changes={"units": 64})
    first = made.of([*records, free], [study])
    second = made.of([*records, free, run(0.98, 0, changes={"units": 256})], [study])
    assert all(one is other for one, other in zip(first, second, strict=False))
    third = made.of([*records[:-1], free], [study])
    assert third[0] is not first[0]
    assert third[2] is first[2]
    stated = made.of([*records, free], [study.model_copy(update={"margin": 0.02})])
    assert stated[1].summary.comparison is not None
    assert stated[1].summary.comparison.margin == 0.02
