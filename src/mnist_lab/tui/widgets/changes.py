"""Finds the cells of a widget that differ from those on the screen, so that only these are sent to the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

_Cell = tuple[str, Style | None]
"""The character of a terminal cell and its style."""


def changed_regions(before: Sequence[Strip], now: Sequence[Strip]) -> list[Region]:
    """Regions of the cells that differ: for each line that differs one, from its first such cell to its last."""
    regions = []
    for y, (old, new) in enumerate(zip_longest(before, now, fillvalue=Strip(()))):
        if old != new:
            was, is_now = _cells(old), _cells(new)
            first = _same(zip(was, is_now, strict=False))
            shorter, last = sorted((len(was), len(is_now)))
            if shorter == last:
                last -= min(_same(zip(reversed(was), reversed(is_now), strict=True)), last - first)
            if last > first:
                regions.append(Region(first, y, last - first, 1))
    return regions


def set_text(static: Static, text: Text) -> None:
    """Replace the text of a ``Static`` if it differs. Layout is only done where the number of lines may change."""
    before = static.content
    if not isinstance(before, Text) or before != text or before.style != text.style:
        width = static.size.width
        one_line = isinstance(before, Text) and _fits(before, width) and _fits(text, width)
        static.update(text, layout=static.styles.auto_dimensions and not one_line)


def _fits(text: Text, width: int) -> bool:
    """Whether a text takes exactly one line."""
    return 0 < text.cell_len <= width and "\n" not in text.plain


def _same(pairs: Iterable[tuple[_Cell, _Cell]]) -> int:
    """Number of leading pairs whose members are equal."""
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _cells(strip: Strip) -> list[_Cell]:
    """The cells of a line. A wide character is in the last of its cells; the others are empty."""
    cells: list[_Cell] = []
    for text, style, _ in strip:
        if cell_len(text) == len(text):
            cells += [(character, style) for character in text]
        else:
            for character in text:
                cells += [("", style)] * (cell_len(character) - 1)
                cells.append((character, style))
    return cells
