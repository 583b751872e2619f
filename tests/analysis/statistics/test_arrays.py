"""The tests and intervals agree with SciPy's and statsmodels' on the same values."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower, TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW, ttost_ind, ttost_paired

from mnist_lab.analysis.statistics import arrays
from mnist_lab.analysis.statistics.networks import disagreement
from mnist_lab.analysis.statistics.sequential import alpha_penalty

MARGIN = 0.001


def accuracies(n: int, mean: float = 0.98, seed: int = 0, deviation: float = 0.001) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(mean, deviation, n).round(4)


ONES, OTHERS = accuracies(12, 0.9803, seed=1), accuracies(12, 0.9798, seed=2)


@pytest.mark.parametrize("n", [2, 3, 5, 20])
def test_intervals_of_a_mean_and_of_a_further_value_agree_with_statsmodels_and_scipy(n: int) -> None:
    values = accuracies(n)
    low, high = DescrStatsW(values).tconfint_mean()
    assert arrays.half_width(values) == pytest.approx((high - low) / 2)
    foretold = stats.t(n - 1, scale=np.std(values, ddof=1) * np.sqrt(1 + 1 / n)).interval(0.95)
    assert arrays.half_width(values, further=True) == pytest.approx(foretold[1])


@pytest.mark.parametrize("paired", [True, False])
def test_tests_and_intervals_of_one_comparison_agree_with_scipy_and_statsmodels(paired: bool) -> None:
    if paired:
        found, expected = arrays.paired_differences(ONES, OTHERS), stats.ttest_rel(ONES, OTHERS)
        outside = ttost_paired(ONES, OTHERS, -MARGIN, MARGIN)[0]
    else:
        found, expected = arrays.unpaired_differences(ONES, OTHERS), stats.ttest_ind(ONES, OTHERS, equal_var=False)
        outside = ttost_ind(ONES, OTHERS, -MARGIN, MARGIN, usevar="unequal")[0]
    penalty = alpha_penalty(12)
    decisions = arrays.decide(arrays.stack([found]), [12], MARGIN)
    assert decisions.p[0] == pytest.approx(expected.pvalue)
    assert decisions.corrected[0] == pytest.approx(min(1.0, penalty * expected.pvalue))
    interval = expected.confidence_interval(1 - 0.05 / penalty)
    assert (decisions.low[0], decisions.high[0]) == pytest.approx((interval.low, interval.high))
    for margin in (MARGIN, 0.002, 0.003):
        equivalent = arrays.decide(arrays.stack([found]), [12], margin).equivalent[0]
        tost = ttost_paired if paired else lambda *args: ttost_ind(*args, usevar="unequal")
        assert equivalent == (penalty * tost(ONES, OTHERS, -margin, margin)[0] <= 0.05)
    assert outside * penalty > 0.05  # so that both answers were met


def test_the_interval_of_an_equivalence_is_that_of_its_two_tests_and_holds_no_difference_out() -> None:
    ones, others = accuracies(40, 0.98, seed=3, deviation=0.0004), accuracies(40, 0.98, seed=4, deviation=0.0004)
    decisions = arrays.decide(arrays.stack([arrays.paired_differences(ones, others)]), [40], MARGIN)
    low, high = stats.ttest_rel(ones, others).confidence_interval(1 - 2 * 0.05 / alpha_penalty(40))
    assert decisions.equivalent[0]
    assert (decisions.low[0], decisions.high[0]) == pytest.approx((min(low, 0), max(high, 0)))
    assert -MARGIN < decisions.low[0] <= 0 <= decisions.high[0] < MARGIN


@pytest.mark.parametrize("seed", range(20))
def test_holm_agrees_with_statsmodels_and_its_levels_with_its_rejections(seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.uniform(0, 1, (3, 6)) ** 4
    corrected, level = arrays.holm(p)
    for row in range(3):
        rejected, expected, *_ = multipletests(p[row], 0.05, method="holm")
        assert corrected[row] == pytest.approx(expected)
        assert list(p[row] <= level[row]) == list(rejected)


def test_holm_counts_what_is_unknown_among_the_family() -> None:
    corrected, _ = arrays.holm(np.array([0.02, np.nan, np.nan]))
    assert list(corrected) == [pytest.approx(0.06), 1.0, 1.0]


@pytest.mark.parametrize("family", [1, 4, 19])
@pytest.mark.parametrize("paired", [True, False])
def test_seeds_needed_agree_with_statsmodels(family: int, paired: bool) -> None:
    """At the level of up to a hundred seeds; the effect size of statsmodels is in deviations of one arm."""
    alpha = 0.05 / family / alpha_penalty(50)
    for deviation in (0.0007, 0.001, 0.00142):
        if paired:
            exact = TTestPower().solve_power(MARGIN / deviation, alpha=alpha / 2, power=0.8, alternative="larger")
        else:
            effect = MARGIN / deviation * np.sqrt(2)
            exact = TTestIndPower().solve_power(effect, alpha=alpha / 2, power=0.8, alternative="larger")
        assert arrays.seeds_needed(deviation, MARGIN, family, paired=paired) == np.ceil(exact)


def test_seeds_needed_end_somewhere() -> None:
    assert arrays.seeds_needed(1e-9, MARGIN, 1, paired=True) == 3
    assert 50_000 < (arrays.seeds_needed(0.05, MARGIN, 4, paired=False) or 0) < 200_000
    assert arrays.seeds_needed(1.0, MARGIN, 4, paired=False) is None
    assert arrays.seeds_needed(1e30, MARGIN, 4, paired=True) is None


def test_the_deviation_bound_is_that_of_the_chi_squared_distribution() -> None:
    values = ONES - OTHERS
    bound = values.std(ddof=1) * np.sqrt(11 / stats.chi2.ppf(0.2, 11))
    assert arrays.deviation_bound(arrays.paired_differences(ONES, OTHERS), 12) == pytest.approx(bound)


@pytest.mark.parametrize("right", [0, 1, 5000, 9787, 9999, 10_000])
def test_wilson_agrees_with_statsmodels(right: int) -> None:
    assert arrays.wilson(right, 10_000) == pytest.approx(proportion_confint(right, 10_000, method="wilson"), abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_mcnemar_agrees_with_statsmodels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, 1000).astype(np.uint8)
    first, second = (np.where(rng.uniform(size=1000) < wrong, (labels + 1) % 10, labels) for wrong in (0.02, 0.05))
    found = disagreement(labels, first.astype(np.uint8), second.astype(np.uint8))
    table = [[0, len(found.only_first)], [len(found.only_second), 0]]
    assert found.p == pytest.approx(mcnemar(table, exact=True).pvalue)
