"""Scales and their labels."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from itertools import pairwise

import pytest

from mnist_lab.render.axis import epoch_ticks, typical_range, y_axis

RANGES = [(random.Random(seed).uniform(-3, 3), 10 ** random.Random(seed + 99).uniform(-6, 6)) for seed in range(60)]


def is_one_two_five(step: float) -> bool:
    mantissa = step / 10 ** math.floor(math.log10(step) + 1e-9)
    return any(math.isclose(mantissa, number, rel_tol=1e-6) for number in (1, 2, 5))


@pytest.mark.parametrize(("start", "span"), RANGES)
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 9, 21, 60])
def test_linear_ticks_are_evenly_spaced_multiples_of_one_two_or_five(start: float, span: float, rows: int) -> None:
    axis = y_axis(start, start + span, rows)
    values = [Decimal(tick.label) for tick in axis.ticks]
    at = [tick.row for tick in axis.ticks]
    assert at == sorted(set(at))
    assert set(at) <= set(range(rows))
    assert rows < 6 or len(at) >= 2
    assert len({lower - upper for upper, lower in pairwise(at)}) <= 1
    steps = [upper - lower for upper, lower in pairwise(values)]
    for value, step in zip(values, steps, strict=False):
        assert is_one_two_five(float(step))
        assert value % step == 0


@pytest.mark.parametrize(("start", "span"), RANGES)
@pytest.mark.parametrize("rows", [4, 21])
def test_linear_axes_hold_the_range_tightly(start: float, span: float, rows: int) -> None:
    axis = y_axis(start, start + span, rows)
    top, bottom = axis.depths([start + span, start])
    assert 0 <= top < bottom < rows
    assert bottom - top > (0.6 * rows if rows > 9 else 0.2 * rows)


def test_labels_stand_where_their_values_lie() -> None:
    for axis in (y_axis(0.61, 0.98, 21), y_axis(0.003, 40, 21, log=True), y_axis(0.21, 0.29, 21, log=True)):
        assert len(axis.ticks) >= 3
        for tick in axis.ticks:
            assert math.floor(axis.depths([float(tick.label)])[0] + 1e-9) == tick.row


def test_labels_share_their_decimals() -> None:
    assert y_axis(0.9, 1.0, 9).ticks[0].label == "1.00"
    assert y_axis(0.9, 1.0, 9, percent=True).ticks[0].label == "100%"
    assert all(tick.label.endswith("%") for tick in y_axis(0.981, 0.984, 9, percent=True).ticks)


@pytest.mark.parametrize("rows", [3, 8, 21, 40])
@pytest.mark.parametrize("inner", [0.013, 0.2, 0.37, 0.55, 0.71, 0.86])
def test_no_rows_are_spent_beyond_0_and_1(inner: float, rows: int) -> None:
    from_zero, to_one = y_axis(0.0, inner, rows), y_axis(inner, 1.0, rows)
    assert from_zero.bottom >= -0.5 * from_zero.per_row
    beyond_one = to_one.bottom / to_one.per_row + rows - 1 / to_one.per_row
    assert beyond_one <= 1.13 or to_one.bottom == pytest.approx(-0.5 * to_one.per_row)
    assert all(0 <= float(tick.label) <= 1 for tick in (*from_zero.ticks, *to_one.ticks))


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.05, 2.3, ["2", "1", "0.5", "0.2", "0.1", "0.05"]),
        (1e-6, 1e6, ["1e6", "10000", "100", "1", "0.01", "0.0001", "1e-6"]),
        (0.9, 1.4, ["1.4", "1.3", "1.2", "1.1", "1.0", "0.9"]),
    ],
)
def test_log_ticks(low: float, high: float, labels: list[str]) -> None:
    assert [tick.label for tick in y_axis(low, high, 21, log=True).ticks][: len(labels)] == labels


@pytest.mark.parametrize("decades", [0.001, 0.3, 1, 2, 5, 18, 300])
@pytest.mark.parametrize("rows", [1, 2, 3, 5, 9, 21])
def test_log_labels_keep_apart(decades: float, rows: int) -> None:
    axis = y_axis(10 ** (-decades / 2), 10 ** (decades / 2), rows, log=True)
    at = [tick.row for tick in axis.ticks]
    assert at == sorted(set(at))
    assert set(at) <= set(range(rows))


def test_depths_of_values_that_cannot_be_drawn_are_nan() -> None:
    linear, log = y_axis(0, 1, 9), y_axis(0.1, 1, 9, log=True)
    assert all(math.isnan(depth) for depth in linear.depths([math.nan, math.inf, -math.inf]))
    assert all(math.isnan(depth) for depth in log.depths([math.nan, math.inf, 0.0, -1.0]))
    assert linear.depths([1e308]) == [-linear.depths([-1e308])[0]]
    assert math.isfinite(linear.depths([1e308])[0])


@pytest.mark.parametrize(
    ("low", "high"), [(0.0, 0.0), (1.0, 1.0), (-1e308, 1e308), (1e-320, 2e-320), (1e9, 1e9 + 1e-9), (1e-9, 1e9)]
)
@pytest.mark.parametrize("rows", [1, 2, 21])
def test_extreme_ranges_have_an_axis(low: float, high: float, rows: int) -> None:
    axis = y_axis(low, high, rows)
    assert axis.per_row > 0
    assert all(0 <= depth <= rows for depth in axis.depths([max(low, -1e300), min(high, 1e300)]))
    assert all(len(tick.label) < 20 for tick in axis.ticks)


def test_one_value_far_off_does_not_flatten_the_others() -> None:
    settled = [0.3 - 0.01 * n for n in range(12)]
    assert typical_range([2.3, *settled], 1) == (min(settled), max(settled))
    assert typical_range([-2.3, *settled], 1) == (min(settled), max(settled))


def test_values_are_only_left_out_if_that_helps() -> None:
    gentle = [0.5 - 0.01 * n for n in range(12)]
    assert typical_range([0.55, *gentle], 1) == (min(gentle), 0.55)
    assert typical_range([2.3, 0.3, 0.2], 1) == (0.2, 2.3)
    assert typical_range([5.0] + [1.0] * 20, 1) == (1.0, 5.0)
    assert typical_range([2.3, *gentle], 0) == (min(gentle), 2.3)


@pytest.mark.parametrize("columns", [8, 20, 36, 75, 150])
@pytest.mark.parametrize(("low", "high"), [(1, 2), (1, 20), (1, 100), (7, 93), (41, 60), (0, 5000), (1, 1e9)])
def test_epoch_labels_are_round_and_have_room(low: float, high: float, columns: int) -> None:
    ticks = epoch_ticks(low, high, columns)
    assert ticks
    assert low <= ticks[0]
    assert ticks[-1] <= high
    steps = {after - before for before, after in pairwise(ticks[1:])}
    assert len(steps) <= 1
    assert all(is_one_two_five(step) and ticks[1] % step == 0 for step in steps)
    room = (columns - 1) / (high - low)
    assert all((b - a) * room > len(str(b)) for a, b in pairwise(ticks))


def test_epochs_are_whole() -> None:
    assert epoch_ticks(1, 20, 75) == [1, 5, 10, 15, 20]
    assert epoch_ticks(1.2, 1.8, 40) == []
    assert epoch_ticks(0.5, 3.5, 60) == [1, 2, 3]
