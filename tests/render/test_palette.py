"""Colours, markers and line styles keep slots apart."""

from __future__ import annotations

from itertools import combinations

import pytest
from rich.color import Color, ColorSystem

from mnist_lab.render import palette


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [value / 255 for value in Color.parse(colour).get_truecolor()]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("colour", palette.COLOURS)
def test_colours_are_readable_on_white_and_on_black(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) > 2.2
    assert (luminance(colour) + 0.05) / 0.05 > 3


@pytest.mark.parametrize("system", [ColorSystem.STANDARD, ColorSystem.EIGHT_BIT])
def test_colours_stay_distinct_on_lesser_terminals(system: ColorSystem) -> None:
    numbers = [Color.parse(colour).downgrade(system).number for colour in palette.COLOURS]
    assert len(set(numbers)) == len(palette.COLOURS)
    # Black and white are the background of some terminal, and grey is what is meant to stand back.
    assert system is not ColorSystem.STANDARD or not {0, 7, 8, 15} & set(numbers)


def test_markers_are_distinct_and_not_drawn_with() -> None:
    assert len(set(palette.MARKERS)) == len(palette.MARKERS) >= 10
    assert palette.MARKERS.isascii()
    assert not set(palette.MARKERS) & set(" .'-|:!^")


def test_slots_whose_colour_repeats_have_another_line() -> None:
    styles = [(palette.style(slot), palette.pattern(slot)) for slot in range(16)]
    assert all(a != b for a, b in combinations(styles, 2))


def test_slots_count_from_the_first_colour_and_marker() -> None:
    assert [palette.style(slot).color for slot in (0, 1, 8)] == [Color.parse(palette.COLOURS[i]) for i in (0, 1, 0)]
    assert [palette.marker(slot) for slot in (0, 1, 12)] == ["o", "x", "o"]


def test_slots_never_run_out() -> None:
    for slot in (-1, 0, 7, 8, 15, 16, 1000):
        assert palette.style(slot).color is not None
        assert palette.marker(slot) in palette.MARKERS
        assert len(palette.key(slot)) == 2


def test_keys_show_the_line_and_the_marker() -> None:
    assert palette.key(0) != palette.key(0, dashed=True)
    assert palette.marker(3) in palette.key(3, markers=True)
    plain = [palette.key(slot, dashed=dashed, ascii=True) for slot in range(12) for dashed in (False, True)]
    assert len(set(plain)) == 24
    assert all(key.isascii() for key in plain)


def test_faint_and_bold_keep_the_colour() -> None:
    assert palette.style(2, faint=True).color == palette.style(2).color == palette.style(2, bold=True).color
    assert palette.style(2, faint=True).dim
    assert palette.style(2, bold=True).bold
