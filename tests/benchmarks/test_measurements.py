"""Samples and the values made of them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.formatting import number
from benchmarks.measurements import Measurement, quantile

SAMPLES = (3.0, 1.0, 7.0, 2.5, 9.0, 4.0)


@pytest.mark.parametrize("q", [0.0, 0.25, 0.5, 0.95, 1.0])
def test_quantiles_are_those_of_numpy(q: float) -> None:
    assert quantile(SAMPLES, q) == pytest.approx(np.quantile(SAMPLES, q))


def test_a_value_is_the_median_between_minimum_and_maximum() -> None:
    measurement = Measurement("a", "a", "s", (3.0, 1.0, 2.0))
    assert (measurement.min, measurement.value, measurement.max) == (1.0, 2.0, 3.0)
    assert Measurement("a", "a", "s", (5.0,), quantile=0.95).value == 5.0


@pytest.mark.parametrize(
    ("value", "text"),
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
def test_numbers_have_three_significant_digits(value: float, text: str) -> None:
    assert number(value) == text
