"""Error rates of the verdicts in simulated studies whose truth is known.

Values are multiples of 1/10,000 as accuracies are. The code that decides is the lab's own, over many studies at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from mnist_lab.analysis.statistics import arrays
from mnist_lab.analysis.statistics.arrays import Decisions, Differences
from mnist_lab.analysis.statistics.comparisons import MARGIN

ARMS = 4
"""Compared with a baseline."""
SPREAD = 0.001
"""Standard deviation of an arm: 0.1 point."""
COUNT = 800
"""Of studies."""

Draw = Callable[[np.random.Generator, tuple[int, ...]], NDArray[np.float64]]
TTest = Callable[[NDArray[np.float64], NDArray[np.float64]], Differences]

DRAWS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "heavy-tailed": lambda rng, shape: rng.standard_t(3, shape),
}
TESTS: dict[str, TTest] = {"in pairs": arrays.paired_differences, "without pairs": arrays.unpaired_differences}


def studies(count: int, seeds: int, *, better_by: float = 0.0, arms: int = ARMS, draw: str = "normal") -> NDArray:
    """Values of a baseline and of arms whose true means are ``better_by`` above it: (studies, 1 + arms, seeds)."""
    noise = DRAWS[draw](np.random.default_rng(20), (count, 1 + arms, seeds))
    truth = np.where(np.arange(1 + arms) == 0, 0.98, 0.98 + better_by)
    return np.round(truth[:, None] + SPREAD * noise, 4)


def decide(values: NDArray, seeds: int, t_test: TTest, margin: float = MARGIN) -> Decisions:
    """Decisions on studies by their first seeds."""
    baseline, *arms = np.moveaxis(values[..., :seeds], 1, 0)
    return arrays.decide(arrays.stack([t_test(arm, baseline) for arm in arms]), seeds, margin)


def ever(values: NDArray, seed_counts: Iterable[int], t_test: TTest, outcome: Callable[[Decisions], NDArray]) -> int:
    """Number of studies in which some arm has an outcome at some number of seeds."""
    found = np.zeros(len(values), bool)
    for seeds in seed_counts:
        found |= outcome(decide(values, seeds, t_test)).any(-1)
    return int(found.sum())


def different(decisions: Decisions) -> NDArray:
    return decisions.different


def equivalent(decisions: Decisions) -> NDArray:
    return decisions.equivalent


def assert_at_most(share: float, found: int, studies: int) -> None:
    assert stats.binomtest(found, studies, share, alternative="greater").pvalue > 0.01, f"{found} of {studies}"


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("seed_counts", [[3], [5], [10], [5, 10, 20], range(3, 101)], ids=str)
def test_equal_arms_are_called_different_in_at_most_5_percent_of_studies(
    draw: str, test: str, seed_counts: Iterable[int]
) -> None:
    values = studies(COUNT, max(seed_counts), draw=draw)
    assert_at_most(0.05, ever(values, seed_counts, TESTS[test], different), len(values))


def test_uncorrected_repeated_tests_err_too_often() -> None:
    found = ever(
        studies(COUNT, 20),
        [5, 10, 20],
        arrays.paired_differences,
        lambda decisions: arrays.holm(decisions.p)[0] <= 0.05,
    )
    assert found > 0.08 * COUNT


@pytest.mark.parametrize("test", TESTS)
def test_arms_that_differ_by_the_margin_are_called_equivalent_in_at_most_5_percent_of_studies(test: str) -> None:
    values = studies(COUNT, 100, better_by=MARGIN)
    assert_at_most(0.05, ever(values, range(3, 101), TESTS[test], equivalent), len(values))


@pytest.mark.parametrize("test", TESTS)
def test_arms_that_are_the_same_are_mostly_called_equivalent_in_the_end(test: str) -> None:
    assert decide(studies(500, 80), 80, TESTS[test]).equivalent.mean() > 0.95


@pytest.mark.parametrize("test", TESTS)
def test_intervals_cover_the_true_difference_at_all_numbers_of_seeds_at_once(test: str) -> None:
    truth = MARGIN / 2
    values = studies(COUNT, 60, better_by=truth)
    lost = ever(values, range(3, 61), TESTS[test], lambda found: (found.low > truth) | (found.high < truth))
    assert_at_most(0.05, lost, len(values))


@pytest.mark.parametrize("seeds", [3, 5, 10, 20])
def test_intervals_of_the_mean_and_of_one_further_training_cover_95_percent(seeds: int) -> None:
    values, further = np.split(studies(10_000, seeds + 1, arms=0)[:, 0], [seeds], axis=-1)
    mean = values.mean(-1)
    assert 0.93 < (np.abs(mean - 0.98) < arrays.half_width(values)).mean() < 0.97
    predicted = np.abs(further[:, 0] - mean) < arrays.half_width(values, further=True)
    assert 0.93 < predicted.mean() < 0.97


@pytest.mark.parametrize("arms", [1, ARMS])
@pytest.mark.parametrize("test", TESTS)
def test_the_seeds_needed_show_the_margin_with_a_power_of_80_percent(arms: int, test: str) -> None:
    needed = arrays.seeds_needed(SPREAD * np.sqrt(2), MARGIN, arms, paired=test == "in pairs")
    assert needed is not None
    values = studies(4000, needed, arms=arms)
    values[:, 1] += MARGIN
    assert 0.75 < decide(values, needed, TESTS[test]).different[:, 0].mean() < 0.85


@pytest.mark.parametrize("test", TESTS)
def test_the_deviation_bound_is_large_enough_in_80_percent_of_studies(test: str) -> None:
    baseline, arm = np.moveaxis(studies(1000, 10, arms=1), 1, 0)
    bounds = [arrays.deviation_bound(TESTS[test](one, other), 10) for one, other in zip(arm, baseline, strict=True)]
    assert 0.76 < (np.array(bounds) > SPREAD * np.sqrt(2)).mean() < 0.84
