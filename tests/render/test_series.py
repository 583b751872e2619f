"""Smoothing and reading off."""

from __future__ import annotations

import math
import random

import pytest

from mnist_lab.render.series import Series, in_order, smoothed

NAN = math.nan


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.6, 0.99, 1.0])
def test_smoothing_is_the_weighted_mean_of_all_so_far(weight: float) -> None:
    rng = random.Random(5)
    ys = [rng.gauss(0, 1) for _ in range(40)]
    result = [y for _, y in smoothed(enumerate(ys), weight)]
    for n in range(len(ys)):
        weights = [weight ** (n - k) for k in range(n + 1)]
        direct = sum(w * y for w, y in zip(weights, ys, strict=False)) / sum(weights)
        assert result[n] == pytest.approx(direct, abs=1e-12)


def test_smoothing_starts_unbiased() -> None:
    assert [y for _, y in smoothed([(1, 0.9), (2, 0.9), (3, 0.9)], 0.95)] == pytest.approx([0.9] * 3)


@pytest.mark.parametrize("gap", [NAN, math.inf, -math.inf])
def test_gaps_stay_and_count_for_nothing(gap: float) -> None:
    with_gap = smoothed([(1, 2.0), (2, gap), (3, 4.0)], 0.5)
    without = smoothed([(1, 2.0), (3, 4.0)], 0.5)
    assert not math.isfinite(with_gap[1][1])
    assert [with_gap[0], with_gap[2]] == without


def test_reading_off_takes_the_nearest_measured_point() -> None:
    series = Series("a", [(1, 0.5), (2, 0.6), (3, NAN)], 0)
    assert series.at(2) == 0.6
    assert series.at(1.6) == 0.6
    assert series.at(3) is None
    assert series.at(9) is None
    assert Series("", [], 0).at(1) is None


def test_points_that_cannot_be_drawn_are_left_out() -> None:
    assert in_order([(3, 1.0), (NAN, 2.0), (1, 3.0), (math.inf, 4.0)]) == [(1, 3.0), (3, 1.0)]
