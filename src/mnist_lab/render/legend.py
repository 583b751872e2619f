"""The top row of a chart: its title and its legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.style import Style

from mnist_lab.render.canvas import Fragment
from mnist_lab.render.labels import shorten

_GAP = 2
_SHORTEST = 12
"""Labels are not cut below this many columns to make room for all; the last entries are left out instead."""

_TITLE = Style(bold=True)


@dataclass(frozen=True, slots=True)
class Entry:
    """A legend entry: the label of a curve, a ``key`` in its line style, and its value at the crosshair, if any."""

    label: str
    key: str
    style: Style | None
    value: str = ""

    @property
    def extra(self) -> int:
        """Columns that the entry takes in addition to its label."""
        return 1 + len(self.key) + (1 + len(self.value) if self.value else 0)

    def fragments(self, label: str) -> list[Fragment]:
        name = [(f"{label} ", None), (self.key, self.style)]
        return [*name, (f" {self.value}", _TITLE)] if self.value else [*name]


def legend(title: str, entries: Sequence[Entry], width: int, *, ascii: bool = False) -> list[Fragment]:
    """The row, exactly ``width`` columns wide: the title on the left, the entries on the right.

    Labels that do not fit are shortened, then entries are left out, with their number at the end.
    """
    room = width - cell_len(title) - _GAP
    fitting = _shortened(entries, room, 10**6, ascii)
    if fitting is None:
        room = width - min(cell_len(title), max(width // 4, min(8, width))) - _GAP if entries else 0
        longest = min(room, max((cell_len(entry.label) for entry in entries), default=0))
        caps = range(longest, _SHORTEST - 1, -1)
        fitting = next(
            (fragments for cap in caps if (fragments := _shortened(entries, room, cap, ascii)) is not None), None
        )
        if fitting is None:
            fitting = _first_ones(entries, room, ascii)
    used = sum(cell_len(text) for text, _ in fitting)
    title = shorten(title, width - used - (_GAP if used else 0), ascii=ascii)
    return [(title, _TITLE), (" " * (width - cell_len(title) - used), None), *fitting]


def _shortened(entries: Sequence[Entry], room: int, cap: int, ascii: bool) -> list[Fragment] | None:
    """All entries with their labels cut to ``cap`` columns, if they fit into ``room``; else None."""
    used = sum(entry.extra + min(cap, cell_len(entry.label)) for entry in entries) + _GAP * (len(entries) - 1)
    return (
        _joined([entry.fragments(shorten(entry.label, cap, ascii=ascii)) for entry in entries])
        if used <= room
        else None
    )


def _first_ones(entries: Sequence[Entry], room: int, ascii: bool) -> list[Fragment]:
    """As many entries as fit, and the number of those left out."""
    dots = "..." if ascii else "…"
    shown: list[list[Fragment]] = []
    for i, entry in enumerate(entries):
        tail = f"{dots} +{len(entries) - i - 1}" if i + 1 < len(entries) else ""
        space = room - entry.extra - (_GAP + len(tail) if tail else 0)
        label = shorten(entry.label, min(space, _SHORTEST), ascii=ascii)
        if space < min(4 if not shown else _SHORTEST, cell_len(entry.label)):
            break
        shown.append(entry.fragments(label))
        room -= entry.extra + cell_len(label) + _GAP
    left = len(entries) - len(shown)
    tail_text = f"{dots} +{left}"
    if left and len(tail_text) <= room:
        shown.append([(tail_text, None)])
    return _joined(shown)


def _joined(parts: Sequence[list[Fragment]]) -> list[Fragment]:
    fragments: list[Fragment] = []
    for part in parts:
        if fragments:
            fragments.append((" " * _GAP, None))
        fragments += part
    return fragments
