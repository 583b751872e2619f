"""Mean, deviation and intervals of an arm, and the interval of one network."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mnist_lab.analysis.statistics.intervals import Summary, sampling_interval, summary


def test_a_summary_has_what_its_number_of_values_allows() -> None:
    assert summary([]) == Summary(0)
    assert summary([0.98]) == Summary(1, mean=0.98)
    found = summary([0.978, 0.980, 0.982])
    assert (found.n, found.mean, found.deviation) == (3, pytest.approx(0.98), pytest.approx(0.002))
    # t with 2 degrees of freedom is beyond 4.302653 one time in forty
    assert found.interval == pytest.approx((0.98 - 4.302653 * 0.002 / 3**0.5, 0.98 + 4.302653 * 0.002 / 3**0.5))
    assert found.prediction == pytest.approx((0.98 - 4.302653 * 0.002 * (4 / 3) ** 0.5, 0.98 + 0.0099366), abs=1e-6)


def test_a_mean_is_rounded_once_whatever_the_order_of_the_values() -> None:
    """As every Python has it: ``sum`` of floats adds up the rounding of each step before 3.12."""
    values = [0.1] * 10
    assert summary(values).mean == 0.1
    values = [0.9787, 0.9783, 0.9774, 0.9791, 0.9768, 0.9779]
    assert summary(values).mean == summary(values[::-1]).mean == float(sum(map(Fraction, values)) / len(values))


def test_equal_values_have_intervals_of_no_width_without_a_warning() -> None:
    found = summary([0.9787] * 4)
    assert found.deviation == pytest.approx(0, abs=1e-12)
    assert found.interval == pytest.approx((0.9787, 0.9787))


def test_one_run_is_sure_to_a_quarter_of_a_point() -> None:
    """As is known of 98 % on 10,000 images."""
    low, high = sampling_interval(0.98)
    assert (high - low) / 2 == pytest.approx(0.0027, abs=0.0001)
    assert low < 0.98 < high
    assert sampling_interval(1.0)[1] == 1.0
    assert sampling_interval(0.0, images=100)[0] == 0.0
