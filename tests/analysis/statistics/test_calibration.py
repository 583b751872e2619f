"""What the verdicts promise, kept in simulated studies whose truth is known.

Figures are multiples of 1/10,000 as accuracies are. The code is the product's own, over many studies at once.
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
Compare = Callable[[NDArray[np.float64], NDArray[np.float64]], Differences]

DRAWS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "heavy-tailed": lambda rng, shape: rng.standard_t(3, shape),
}
WAYS: dict[str, Compare] = {"in pairs": arrays.paired, "without pairs": arrays.unpaired}


def studies(count: int, seeds: int, *, better_by: float = 0.0, arms: int = ARMS, draw: str = "normal") -> NDArray:
    """Studies of a baseline and arms that are better than it by so much: (studies, 1 + arms, seeds)."""
    noise = DRAWS[draw](np.random.default_rng(20), (count, 1 + arms, seeds))
    truth = np.where(np.arange(1 + arms) == 0, 0.98, 0.98 + better_by)
    return np.round(truth[:, None] + SPREAD * noise, 4)


def look(figures: NDArray, seeds: int, compare: Compare, margin: float = MARGIN) -> Decisions:
    """What is decided on studies by their first seeds."""
    baseline, *arms = np.moveaxis(figures[..., :seeds], 1, 0)
    return arrays.decide(arrays.side_by_side([compare(arm, baseline) for arm in arms]), seeds, margin)


def ever(figures: NDArray, looks: Iterable[int], compare: Compare, said: Callable[[Decisions], NDArray]) -> int:
    """In how many studies something was said of some arm at some look."""
    found = np.zeros(len(figures), bool)
    for seeds in looks:
        found |= said(look(figures, seeds, compare)).any(-1)
    return int(found.sum())


def different(decisions: Decisions) -> NDArray:
    return decisions.different


def equivalent(decisions: Decisions) -> NDArray:
    return decisions.equivalent


def assert_at_most(share: float, found: int, studies: int) -> None:
    assert stats.binomtest(found, studies, share, alternative="greater").pvalue > 0.01, f"{found} of {studies}"


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("looks", [[3], [5], [10], [5, 10, 20], range(3, 101)], ids=str)
def test_arms_that_are_all_the_same_are_called_different_in_one_study_of_twenty_at_most(
    draw: str, way: str, looks: Iterable[int]
) -> None:
    figures = studies(COUNT, max(looks), draw=draw)
    assert_at_most(0.05, ever(figures, looks, WAYS[way], different), len(figures))


def test_looks_that_were_not_paid_for_would_be_fooled() -> None:
    found = ever(studies(COUNT, 20), [5, 10, 20], arrays.paired, lambda decisions: arrays.holm(decisions.p)[0] <= 0.05)
    assert found > 0.08 * COUNT


@pytest.mark.parametrize("way", WAYS)
def test_arms_that_differ_by_the_margin_are_called_equivalent_in_one_study_of_twenty_at_most(way: str) -> None:
    figures = studies(COUNT, 100, better_by=MARGIN)
    assert_at_most(0.05, ever(figures, range(3, 101), WAYS[way], equivalent), len(figures))


@pytest.mark.parametrize("way", WAYS)
def test_arms_that_are_the_same_are_mostly_called_equivalent_in_the_end(way: str) -> None:
    assert look(studies(500, 80), 80, WAYS[way]).equivalent.mean() > 0.95


@pytest.mark.parametrize("way", WAYS)
def test_intervals_of_differences_hold_the_truth_at_all_looks_at_once(way: str) -> None:
    truth = MARGIN / 2
    figures = studies(COUNT, 60, better_by=truth)
    lost = ever(figures, range(3, 61), WAYS[way], lambda found: (found.low > truth) | (found.high < truth))
    assert_at_most(0.05, lost, len(figures))


@pytest.mark.parametrize("seeds", [3, 5, 10, 20])
def test_intervals_of_a_mean_and_of_a_further_training_hold_19_times_in_20(seeds: int) -> None:
    figures, further = np.split(studies(10_000, seeds + 1, arms=0)[:, 0], [seeds], axis=-1)
    mean = figures.mean(-1)
    assert 0.93 < (np.abs(mean - 0.98) < arrays.half_width(figures)).mean() < 0.97
    foretold = np.abs(further[:, 0] - mean) < arrays.half_width(figures, further=True)
    assert 0.93 < foretold.mean() < 0.97


@pytest.mark.parametrize("arms", [1, ARMS])
@pytest.mark.parametrize("way", WAYS)
def test_with_the_seeds_that_are_said_to_be_needed_the_margin_is_told_four_times_in_five(arms: int, way: str) -> None:
    needed = arrays.seeds_needed(SPREAD * np.sqrt(2), MARGIN, arms, in_pairs=way == "in pairs")
    assert needed is not None
    figures = studies(4000, needed, arms=arms)
    figures[:, 1] += MARGIN
    assert 0.75 < look(figures, needed, WAYS[way]).different[:, 0].mean() < 0.85


@pytest.mark.parametrize("way", WAYS)
def test_the_deviation_that_is_planned_with_is_large_enough_four_times_in_five(way: str) -> None:
    baseline, arm = np.moveaxis(studies(1000, 10, arms=1), 1, 0)
    bounds = [arrays.likely_deviation(WAYS[way](one, other), 10) for one, other in zip(arm, baseline, strict=True)]
    assert 0.76 < (np.array(bounds) > SPREAD * np.sqrt(2)).mean() < 0.84
