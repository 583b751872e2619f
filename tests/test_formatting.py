"""Numbers as text."""

from __future__ import annotations

import math

import pytest

from mnist_lab.formatting import (
    EPOCHS,
    LOSS,
    PERCENT,
    Log10Ratio,
    Unit,
    commit,
    count_range,
    duration,
    join_list,
    loss,
    percent,
    plural,
    reading,
)


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (PERCENT, 0.9787, "97.87 %"),
        (LOSS, 0.084, "0.0840"),
        (LOSS, math.nan, "nan"),
        (LOSS, -math.inf, "−inf"),
        (EPOCHS, 13, "13"),
        (EPOCHS, 12.55, "12.6"),
        (EPOCHS, 20.0, "20"),
        (Log10Ratio(), -1.0, "0.1"),
    ],
)
def test_values_have_the_symbol_of_their_unit(unit: Unit, value: float, text: str) -> None:
    assert unit.value(value) == text


@pytest.mark.parametrize(
    ("unit", "difference", "text", "signed"),
    [
        (PERCENT, 0.00124, "0.12 points", "+0.12"),
        (PERCENT, -0.00001, "0.00 points", "0.00"),
        (PERCENT, -0.0012, "−0.12 points", "−0.12"),
        (LOSS, -0.0784, "−0.0784", "−0.0784"),
        (EPOCHS, 3.25, "3.2 epochs", "+3.2"),
        (Log10Ratio(), 1.0, "a factor of 10", "+10"),
    ],
)
def test_differences_have_the_name_of_their_unit_or_a_sign(
    unit: Unit, difference: float, text: str, signed: str
) -> None:
    assert unit.difference(difference) == text
    assert unit.signed(difference) == signed


def test_intervals_of_values_end_where_values_end_and_those_of_differences_do_not() -> None:
    assert PERCENT.value_interval((0.9752, 1.02)) == "97.52 to 100.00 %"
    assert EPOCHS.value_interval((-3.0, 12.5)) == "1 to 12.5"
    assert LOSS.value_interval((-1.0, 0.1)) == "0.0000 to 0.1000"
    assert PERCENT.difference_interval((-0.5, 1.5)) == "−50.00 to 150.00 points"
    assert PERCENT.signed_interval((-0.0004, 0.0014)) == "−0.04 to +0.14"
    assert Log10Ratio().difference_interval((0.0, 1.0)) == "a factor of 1 to 10"
    assert PERCENT.plus_minus(0.9787, (0.9782, 0.9792)) == "97.87 ± 0.05"
    assert PERCENT.plus_minus(0.9787, None) == "97.87"


def test_a_margin_is_written_as_it_was_chosen() -> None:
    assert [PERCENT.margin(0.001), LOSS.margin(0.005), EPOCHS.margin(1.0)] == ["0.1 points", "0.005", "1 epoch"]
    assert Log10Ratio().margin(1.0) == "a factor of 10"


@pytest.mark.parametrize("unit", [PERCENT, LOSS, EPOCHS, Log10Ratio()])
def test_what_is_not_known_is_empty(unit: Unit) -> None:
    assert {unit.number(None), unit.value(None), unit.difference(None), unit.signed(None)} == {""}
    assert {unit.value_interval(None), unit.difference_interval(None), unit.signed_interval(None)} == {""}
    assert {unit.plus_minus(None, None), percent(None), loss(None), duration(None)} == {""}


def test_percent_has_as_many_digits_as_are_asked_for() -> None:
    assert [percent(0.98125), percent(0.98125, 1), percent(0.98125, 0)] == ["98.12", "98.1", "98"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.1235"), (0.0, "0.0000"), (0.00012345, "0.000123"), (123456.0, "1.23e+05"), (None, "–")],
)
def test_what_is_read_off_a_chart_has_four_decimals_or_an_exponent(value: float | None, text: str) -> None:
    assert reading(value) == text


def test_what_is_read_off_a_chart_is_in_percent_or_in_ascii_where_asked() -> None:
    assert reading(0.98125, in_percent=True) == "98.12%"
    assert reading(None, ascii=True) == "-"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.214, "0.21 s"),
        (4.26, "4.3 s"),
        (42.0, "42 s"),
        (180.0, "3 min"),
        (7500.0, "2 h 5 min"),
        (math.inf, ""),
        (math.nan, ""),
    ],
)
def test_durations_have_the_unit_that_suits_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_counts_have_their_nouns_in_the_right_number() -> None:
    assert [plural(n, "run") for n in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]
    assert [plural(n, "run goes", "runs go") for n in (1, 3)] == ["1 run goes", "3 runs go"]
    assert [count_range(1, 1, "seed"), count_range(3, 5, "seed")] == ["1 seed", "3 to 5 seeds"]


def test_a_list_ends_with_and() -> None:
    assert [join_list("a"), join_list("ab"), join_list("abc")] == ["a", "a and b", "a, b and c"]


def test_a_commit_is_shortened_and_stays_marked() -> None:
    assert [commit("0123456789abcdef"), commit("0123456789abcdef-dirty", 12), commit(None)] == [
        "0123456789",
        "0123456789ab-dirty",
        "",
    ]
