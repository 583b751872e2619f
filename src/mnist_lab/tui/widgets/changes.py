"""Which cells of a widget differ from those on the screen, so that only they are sent to the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Static

Cell = tuple[str, Style | None]


def changed_regions(before: Sequence[Strip], now: Sequence[Strip]) -> list[Region]:
    """For each line that differs the cells from the first to the last that do."""
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


def tell(line: Static, text: Text) -> None:
    """Put a text where another stands, unless it is the same; the others make room only where it takes more lines."""
    before = line.content
    if not isinstance(before, Text) or before != text or before.style != text.style:
        width = line.size.width
        stays = isinstance(before, Text) and _fits(before, width) and _fits(text, width)
        line.update(text, layout=line.styles.auto_dimensions and not stays)


def _fits(text: Text, width: int) -> bool:
    """Whether a text takes one line."""
    return 0 < text.cell_len <= width and "\n" not in text.plain


def _same(pairs: Iterable[tuple[Cell, Cell]]) -> int:
    """How many pairs from the first on are of equals."""
    count = 0
    for one, other in pairs:
        if one != other:
            break
        count += 1
    return count


def _cells(strip: Strip) -> list[Cell]:
    """What stands in each cell of a line; a wide character stands in its last."""
    cells: list[Cell] = []
    for text, style, _ in strip:
        if cell_len(text) == len(text):
            cells += [(character, style) for character in text]
        else:
            for character in text:
                cells += [("", style)] * (cell_len(character) - 1)
                cells.append((character, style))
    return cells
