"""Samples and the figures they make."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.figures import Figure, quantile
from benchmarks.formatting import number

SAMPLES = (3.0, 1.0, 7.0, 2.5, 9.0, 4.0)


@pytest.mark.parametrize("point", [0.0, 0.25, 0.5, 0.95, 1.0])
def test_a_quantile_is_that_of_numpy(point: float) -> None:
    assert quantile(SAMPLES, point) == pytest.approx(np.quantile(SAMPLES, point))


def test_a_figure_is_the_median_between_the_least_and_the_most() -> None:
    figure = Figure("a", "a", "s", (3.0, 1.0, 2.0))
    assert (figure.low, figure.value, figure.high) == (1.0, 2.0, 3.0)
    assert Figure("a", "a", "s", (5.0,), quantile=0.95).value == 5.0


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0"),
        (0.01234, "0.0123"),
        (0.9, "0.900"),
        (1.234, "1.23"),
        (12.34, "12.3"),
        (123.4, "123"),
        (12345.6, "12,346"),
    ],
)
def test_numbers_have_three_digits_that_count(value: float, told: str) -> None:
    assert number(value) == told
