"""A family of arms gets verdicts: the right test for each pair, the right word for each result."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from mnist_lab.analysis.statistics.arms import Arm, arm_of
from mnist_lab.analysis.statistics.comparisons import Comparison, all_pairs, judge, versus_baseline
from mnist_lab.analysis.statistics.metrics import RUN_METRICS
from mnist_lab.errors import UsageError
from tests.factories import make_record

DENSE, CONV = ("dense", 1, 128), ("conv", 1, 128)


def arm(
    name: str,
    mean: float = 0.98,
    seeds: Sequence[int] = range(20),
    deviation: float = 0.0005,
    architecture: tuple[object, ...] = DENSE,
    diverged: int = 0,
) -> Arm:
    """An arm whose values have almost exactly this mean and deviation."""
    noise = np.random.default_rng(sum(map(ord, name))).standard_normal(len(seeds))
    if len(seeds) > 1:
        noise = (noise - noise.mean()) / noise.std(ddof=1)
    values = {seed: round(mean + deviation * float(step), 4) for seed, step in zip(seeds, noise, strict=True)}
    return Arm(name, values, architecture, diverged)


def one(first: Arm, second: Arm, **options: float) -> Comparison:
    (comparison,) = judge([(first, second)], **options)
    return comparison


@pytest.mark.parametrize(
    ("mean", "word", "within"),
    [
        (0.9830, "better", False),
        (0.9770, "worse", False),
        (0.9800, "equivalent", False),
        (0.9805, "too close to call", False),
    ],
)
def test_each_verdict_is_given_where_it_belongs(mean: float, word: str, within: bool) -> None:
    found = one(arm("gelu", mean), arm("relu"))
    assert (found.verdict, found.within_margin, found.n, found.paired) == (word, within, 20, True)
    assert found.difference == pytest.approx(mean - 0.98, abs=1e-4)


def test_a_significant_but_small_difference_lies_within_the_margin() -> None:
    found = one(arm("gelu", 0.9805, deviation=0.0001), arm("relu", deviation=0.0001))
    assert (found.verdict, found.within_margin) == ("better", True)
    assert (
        one(arm("gelu", 0.9805, deviation=0.0001), arm("relu", deviation=0.0001), margin=0.0004).within_margin is False
    )


def test_the_interval_and_the_word_never_contradict_each_other() -> None:
    rng = random.Random(5)
    for _ in range(60):
        others = [
            arm(str(index), 0.98 + rng.uniform(-0.0015, 0.0015), range(rng.choice([3, 10, 40]))) for index in range(4)
        ]
        for found in judge(versus_baseline(arm("base", seeds=range(40)), others)):
            assert found.interval is not None
            low, high = found.interval
            assert (low > 0 or high < 0) == (found.verdict in ("better", "worse"))
            if found.verdict == "equivalent" or found.within_margin:
                assert -0.001 < low <= high < 0.001
            assert (found.corrected is not None and found.corrected <= 0.05) == (found.verdict in ("better", "worse"))


def test_where_less_is_better_the_words_change_sides() -> None:
    lower, higher = arm("gelu", 0.0700), arm("relu", 0.0800)
    assert one(lower, higher, lower_is_better=True).verdict == "better"
    assert one(higher, lower, lower_is_better=True).verdict == "worse"


def test_arms_of_one_architecture_are_compared_in_pairs_over_the_seeds_that_both_have() -> None:
    found = one(arm("gelu", seeds=range(10)), arm("relu", seeds=range(4, 20)))
    assert (found.paired, found.n) == (True, 6)
    gelu, relu = (arm(name, seeds=seeds).values for name, seeds in (("gelu", range(10)), ("relu", range(4, 20))))
    expected = stats.ttest_rel([gelu[seed] for seed in range(4, 10)], [relu[seed] for seed in range(4, 10)])
    assert found.p == pytest.approx(expected.pvalue)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (arm("conv", architecture=CONV), arm("dense")),
        (arm("gelu", seeds=range(20)), arm("relu", seeds=range(100, 120))),
        (arm("gelu", seeds=range(20)), arm("relu", seeds=range(17, 37))),
        (Arm("a", arm("gelu").values), Arm("b", arm("relu").values)),
    ],
    ids=["another architecture", "other seeds", "few seeds shared", "architecture unknown"],
)
def test_others_are_compared_by_welch(first: Arm, second: Arm) -> None:
    found = one(first, second)
    assert (found.paired, found.n) == (False, 20)
    expected = stats.ttest_ind(list(first.values.values()), list(second.values.values()), equal_var=False)
    assert found.p == pytest.approx(expected.pvalue)


def test_without_pairs_as_many_seeds_of_each_are_compared() -> None:
    conv, dense = arm("conv", 0.9885, range(5), architecture=CONV), arm("dense")
    found = one(conv, dense)
    first = [dense.values[seed] for seed in range(5)]
    assert (found.n, found.verdict) == (5, "better")
    assert found.p == pytest.approx(stats.ttest_ind(list(conv.values.values()), first, equal_var=False).pvalue)


@pytest.mark.parametrize("seeds", [0, 1, 2])
def test_with_fewer_than_three_seeds_there_is_no_verdict(seeds: int) -> None:
    for found in judge(
        [(arm("gelu", seeds=range(seeds)), arm("relu")), (arm("relu"), arm("gelu", seeds=range(seeds)))]
    ):
        assert (found.verdict, found.n, found.interval, found.seeds_needed) == ("not enough runs", seeds, None, None)


def test_the_family_is_what_was_declared_with_and_without_runs() -> None:
    near, none = arm("gelu", 0.9807), [arm(name, seeds=()) for name in "abcdefgh"]
    alone, among = one(near, arm("relu")), judge(versus_baseline(arm("relu"), [near, *none]))[0]
    assert (alone.verdict, among.verdict) == ("better", "too close to call")
    assert (alone.family, among.family) == (1, 9)
    assert among.corrected == pytest.approx(9 * alone.corrected)


def test_the_order_of_a_family_changes_no_verdict() -> None:
    arms = [arm(name, 0.98 + index / 4000) for index, name in enumerate("abcdef")]
    verdicts = judge(versus_baseline(arm("base"), arms))
    assert {found.verdict for found in verdicts} >= {"better", "too close to call"}
    assert judge(versus_baseline(arm("base"), arms[::-1]))[::-1] == verdicts


def test_families_are_the_arms_against_the_baseline_or_all_pairs() -> None:
    relu, gelu, elu = arms = [arm(name) for name in ("relu", "gelu", "elu")]
    assert versus_baseline(relu, arms) == ((gelu, relu), (elu, relu))
    assert all_pairs(arms) == ((gelu, relu), (elu, relu), (elu, gelu))
    assert judge(()) == ()


def test_the_same_values_for_every_seed_are_equivalent_without_a_warning() -> None:
    same = dict.fromkeys(range(5), 0.9787)
    for values in (same, {seed: 0.97 + seed / 3000 for seed in range(5)}):
        found = one(Arm("early", values, DENSE), Arm("late", values, DENSE))
        assert (found.verdict, found.difference) == ("equivalent", 0.0)
    assert one(Arm("conv", same, CONV), Arm("dense", same, DENSE)).verdict == "equivalent"


def test_three_pairs_that_differ_by_the_very_same_number_of_images_show_no_difference() -> None:
    late = {0: 0.9781, 1: 0.9774, 2: 0.9790}
    early = {seed: value + 0.0004 for seed, value in late.items()}
    assert one(Arm("early", early, DENSE), Arm("late", late, DENSE)).verdict not in ("better", "worse")


def test_values_that_do_not_vary_and_differ_are_significantly_different() -> None:
    early, late = (
        Arm(name, dict.fromkeys(range(3), epoch), DENSE, resolution=1.0)
        for name, epoch in (("early", 13), ("late", 20))
    )
    assert one(early, late, margin=1.0, lower_is_better=True).verdict == "better"


@pytest.mark.parametrize("architecture", [DENSE, CONV], ids=["in pairs", "without pairs"])
@pytest.mark.parametrize(("resolution", "values"), [(1.0, (12.0, 13.0)), (0.01, (0.94, 0.95))], ids=["epoch", "image"])
def test_three_trainings_that_all_differ_by_one_step_of_the_metric_show_no_difference(
    resolution: float, values: tuple[float, float], architecture: tuple[object, ...]
) -> None:
    arms = [
        Arm(str(value), dict.fromkeys(range(3), value), of, resolution=resolution)
        for value, of in zip(values, (DENSE, architecture), strict=True)
    ]
    found = one(arms[0], arms[1], margin=resolution / 2)
    assert found.verdict == "too close to call"
    assert found.difference == pytest.approx(-resolution)


def test_what_is_too_close_to_call_has_the_seeds_that_would_show_the_margin() -> None:
    close = one(arm("gelu", 0.9804, range(10)), arm("relu", seeds=range(10)))
    assert close.verdict == "too close to call"
    assert close.seeds_needed is not None
    assert close.seeds_needed > 10
    assert one(arm("gelu", 0.9804, range(10)), arm("relu", seeds=range(10)), margin=0.005).verdict == "equivalent"
    wild = one(arm("lr", 0.6, range(10), deviation=0.3), arm("relu", seeds=range(10)))
    assert (wild.verdict, wild.seeds_needed) == ("too close to call", None)


def test_a_margin_is_above_nothing() -> None:
    for margin in (0.0, -0.001, float("nan")):
        with pytest.raises(UsageError, match="above 0"):
            one(arm("gelu"), arm("relu"), margin=margin)


def test_verdicts_on_records_agree_with_scipy_and_statsmodels_called_on_the_same_records() -> None:
    rng = np.random.default_rng(8)
    means = {"relu": 0.9800, "gelu": 0.9803, "elu": 0.9792, "sigmoid": 0.9760}
    records = {
        name: [
            make_record(changes={"activation": name, "seed": seed}, val_accuracy=round(rng.normal(mean, 0.0008), 4))
            for seed in range(15)
        ]
        for name, mean in means.items()
    }
    relu, *others = (arm_of(name, runs, RUN_METRICS["val_accuracy"].value_of) for name, runs in records.items())
    found = judge(versus_baseline(relu, others))
    values = {name: [run.result.val_accuracy for run in runs] for name, runs in records.items()}
    p = [stats.ttest_rel(values[name], values["relu"]).pvalue for name in ("gelu", "elu", "sigmoid")]
    paid = multipletests(np.minimum(np.array(p) * 25, 1), method="holm")[1]
    assert [comparison.p for comparison in found] == pytest.approx(p)
    assert [comparison.corrected for comparison in found] == pytest.approx(paid)
    assert found[2].verdict == "worse"


def test_nothing_that_calculates_is_loaded_before_it_is_asked() -> None:
    code = (
        "import sys; from mnist_lab.analysis.statistics import arms, comparisons, intervals, metrics, networks, "
        "optimism, sequential, wording; print(*{'numpy', 'scipy', 'statsmodels', 'pandas'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "\n"
