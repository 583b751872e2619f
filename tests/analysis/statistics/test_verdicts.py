"""A judged study has the values of its arms and comparisons."""

from __future__ import annotations

import json
from statistics import fmean, stdev
from typing import Any

import pytest

from mnist_lab.analysis.statistics.comparisons import judge
from mnist_lab.analysis.statistics.verdicts import StudyVerdict, as_json, judge_study
from mnist_lab.errors import UsageError
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import METRICS, Record, Result
from mnist_lab.experiments.study import Study, of_plans
from tests.factories import make_record

ACCURACIES = {
    8: [0.9610, 0.9630, 0.9605, 0.9622, 0.9618],
    16: [0.9740, 0.9752, 0.9733, 0.9748, 0.9741],
    32: [0.9741, 0.9753, 0.9732, 0.9747, 0.9742],
}


def study_of(units: list[int], **stated: Any) -> Study:
    return of_plans(plan.varied([plan.from_experiment(DEFAULT)], {"units": units}), range(5), **stated)


def runs(**fields: Any) -> list[Record]:
    return [
        make_record(
            experiment=DEFAULT.derive(units=units, seed=seed),
            result=Result(test_accuracy=value, val_accuracy=value, val_loss=1 - value),
            **fields,
        )
        for units, values in ACCURACIES.items()
        for seed, value in enumerate(values)
    ]


@pytest.fixture(scope="module")
def judged() -> StudyVerdict:
    return judge_study(study_of([16, 8, 32]), runs())


def test_each_arm_has_its_summary_and_its_comparison_with_the_baseline(judged: StudyVerdict) -> None:
    assert [arm.name for arm in judged.arms] == ["units=16", "units=8", "units=32"]
    baseline, small, large = judged.arms
    assert baseline.comparison is None
    assert (small.n, small.diverged, small.selected_on_test) == (5, 0, False)
    assert small.mean == pytest.approx(fmean(ACCURACIES[8]))
    assert small.deviation == pytest.approx(stdev(ACCURACIES[8]))
    assert small.interval is not None
    assert small.prediction is not None
    assert small.prediction[0] < small.interval[0] < small.mean < small.interval[1] < small.prediction[1]
    assert small.comparison is not None
    assert large.comparison is not None
    assert (small.comparison.verdict, large.comparison.verdict) == ("worse", "too close to call")
    assert judged.comparisons == (small.comparison, large.comparison)


def test_the_verdicts_are_those_of_the_arms_judged_as_one_family(judged: StudyVerdict) -> None:
    baseline, *others = (arm.arm for arm in judged.arms)
    assert judged.comparisons == judge([(other, baseline) for other in others], margin=0.001)


def test_order_and_strangers_change_nothing(judged: StudyVerdict) -> None:
    strangers = [make_record(experiment=DEFAULT.derive(units=units)) for units in (9, 10)]
    assert judge_study(study_of([16, 8, 32]), [*reversed(runs()), *strangers]).comparisons == judged.comparisons


def test_all_pairs_are_a_larger_family_and_the_baseline_stays_what_others_are_compared_with() -> None:
    study = study_of([8, 16, 32], family="pairs").model_copy(update={"baseline": "units=16"})
    found = judge_study(study, runs())
    assert [(one.arm.name, one.baseline.name) for one in found.comparisons] == [
        ("units=8", "units=16"),
        ("units=32", "units=16"),
        ("units=32", "units=8"),
    ]
    assert {one.family for one in found.comparisons} == {3}
    assert [arm.comparison for arm in found.arms] == [found.comparisons[0], None, found.comparisons[1]]


def test_the_margin_is_the_studys_for_accuracies_and_a_stated_one_for_whatever_is_judged() -> None:
    study = study_of([16, 32], margin=0.00001)
    assert judge_study(study, runs()).comparisons[0].verdict == "too close to call"
    assert judge_study(study, runs(), margin=0.002).comparisons[0].verdict == "equivalent"
    by_loss = judge_study(study, runs(), "val_loss")
    assert (by_loss.margin, by_loss.comparisons[0].verdict) == (0.005, "equivalent")


def test_of_losses_the_lower_one_is_better() -> None:
    assert judge_study(study_of([16, 8]), runs(), "val_loss").comparisons[0].verdict == "worse"
    assert judge_study(study_of([8, 16]), runs(), "val_loss").comparisons[0].verdict == "better"


def test_with_two_seeds_there_is_no_verdict_and_with_none_no_mean() -> None:
    few = [record for record in runs() if record.experiment.seed < 2 and record.experiment.units != 32]
    _, small, large = judge_study(study_of([16, 8, 32]), few).arms
    assert small.comparison is not None
    assert (small.n, small.comparison.verdict, small.comparison.interval) == (2, "not enough runs", None)
    assert (large.n, large.mean, large.interval) == (0, None, None)


def test_trainings_that_diverged_are_counted() -> None:
    lost = make_record(experiment=DEFAULT.derive(units=8, seed=9), status="diverged")
    assert [arm.diverged for arm in judge_study(study_of([16, 8]), [*runs(), lost]).arms] == [0, 1]


def test_what_was_selected_on_the_test_images_is_marked() -> None:
    stopping = {"early_stopping": ["false", "true"]}
    for protocol, expected in (("report", [False, True]), ("holdout", [False, False])):
        base = DEFAULT.derive(protocol=protocol)
        study = of_plans(plan.varied([plan.from_experiment(base)], stopping), range(2))
        records = [make_record(experiment=experiment) for _, experiment in study.trainings()]
        assert [arm.selected_on_test for arm in judge_study(study, records).arms] == expected
        flattered = judge_study(study, records, "best_val_accuracy")
        assert [arm.selected_on_test for arm in flattered.arms] == [protocol == "report"] * 2


def test_json_has_all_of_it(judged: StudyVerdict) -> None:
    expected = json.loads(json.dumps(as_json(judged), allow_nan=False))
    assert (expected["figure"], expected["baseline"], expected["margin"], expected["seeds"]) == (
        "test_accuracy",
        "units=16",
        0.001,
        [0, 1, 2, 3, 4],
    )
    assert expected["arms"][1]["values"] == {str(seed): value for seed, value in enumerate(ACCURACIES[8])}
    assert expected["arms"][1]["changes"] == {"units": 8}
    [worse, _] = expected["comparisons"]
    assert (worse["arm"], worse["baseline"], worse["verdict"], worse["paired"]) == (
        "units=8",
        "units=16",
        "worse",
        False,
    )
    assert worse["sentence"].startswith("units=8 is worse than units=16 by 1.26 points")


@pytest.mark.parametrize(("metric", "margin"), [("test_acuracy", None), ("test_accuracy", 0.0)])
def test_an_unknown_metric_and_a_margin_of_zero_are_refused(metric: str, margin: float | None) -> None:
    with pytest.raises(UsageError):
        judge_study(study_of([16, 8]), runs(), metric, margin=margin)


def test_best_epochs_that_differ_by_one_in_each_of_three_seeds_are_not_told_apart() -> None:
    found = [
        make_record(experiment=DEFAULT.derive(units=units, seed=seed), epochs_run=20, best_epoch=epoch)
        for units, epoch in ((8, 12), (16, 13))
        for seed in range(3)
    ]
    [comparison] = judge_study(study_of([8, 16]), found, "best_epoch").comparisons
    assert (comparison.verdict, comparison.difference) == ("too close to call", 1.0)


@pytest.mark.parametrize("metric", ["val_accuracy", "test_accuracy", "last_val_accuracy", "best_val_accuracy"])
def test_accuracies_that_differ_by_one_of_a_hundred_images_are_not_told_apart(metric: str) -> None:
    arms = plan.varied([plan.from_experiment(DEFAULT.derive(data="a" * 64))], {"units": [8, 16]})
    found = [
        make_record(
            experiment=arm.experiment.derive(seed=seed),
            result=Result(test_accuracy=correct / 100, val_accuracy=correct / 100),
            history={name: [(correct - 1 - seed) / 100, correct / 100] for name in METRICS},
        )
        for arm, correct in zip(arms, (94, 95), strict=True)
        for seed in range(3)
    ]
    [comparison] = judge_study(of_plans(arms, range(3)), found, metric).comparisons
    assert (comparison.verdict, comparison.difference) == ("too close to call", pytest.approx(0.01))
    assert comparison.arm.resolution == pytest.approx(0.01)


def test_networks_that_are_all_right_on_all_images_are_equivalent() -> None:
    arms = plan.varied([plan.from_experiment(DEFAULT.derive(data="a" * 64))], {"units": [8, 16, 32]})
    found = [
        make_record(
            experiment=arm.experiment.derive(seed=seed),
            result=Result(test_accuracy=correct / 10_000, val_accuracy=correct / 10_000),
            history={name: [correct / 10_000] for name in METRICS},
        )
        for arm, correct in zip(arms, (10_000, 10_000, 9_731), strict=True)
        for seed in range(3)
    ]
    same, worse = judge_study(of_plans(arms, range(3)), found).comparisons
    assert (same.verdict, worse.verdict) == ("equivalent", "worse")
