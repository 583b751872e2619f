"""Tables of any length: as a Rich table looks, at a hundredth of its price a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from mnist_lab.text import widest

_GAP = "   "
_NARROWEST = 16
"""Cells that a column keeps at least when its texts go on below."""
_HEAD = Style(bold=True)


@dataclass(frozen=True)
class Column:
    """A column: its title and its cells from top to bottom, each of one line.

    Attributes:
        title: What stands above it.
        cells: One a row.
        right: Whether they stand on the right.
        wraps: Whether texts that are too long go on in the line below.
        styles: The style of rows that have one, by their place.
    """

    title: str
    cells: Sequence[str]
    right: bool = False
    wraps: bool = False
    styles: Mapping[int, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Cells of its widest text."""
        return widest([self.title, *self.cells])


@dataclass(frozen=True)
class Listing:
    """A table that leaves out the columns it has no room for, and names them below.

    Attributes:
        columns: From left to right.
        first: Titles of those that are kept before others, in that order.
        elsewhere: Where all of them are, as in ``--json has them all``.
    """

    columns: Sequence[Column]
    first: Sequence[str]
    elsewhere: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = self._fitting(options.max_width)
        shown = [column for column in self.columns if column.title in widths]
        total = sum(widths.values()) + len(_GAP) * (len(shown) - 1)
        heads = [_padded(column.title, widths[column.title], right=column.right) for column in shown]
        yield Segment(_GAP.join(heads), _HEAD)
        yield Segment.line()
        yield Segment(("-" if options.ascii_only else "─") * total)
        yield Segment.line()
        yield from _rows(shown, widths, console)
        hidden = [column.title for column in self.columns if column.title not in widths]
        if hidden:
            yield Text(f"Not enough room for {', '.join(hidden)}; {self.elsewhere}.", "dim")

    def _fitting(self, room: int) -> dict[str, int]:
        """How wide each column is for which there is room."""
        wanted = {column.title: column.width for column in self.columns}
        wrapping = {column.title for column in self.columns if column.wraps}
        widths: dict[str, int] = {}
        left = room + len(_GAP)
        for title in dict.fromkeys((*(title for title in self.first if title in wanted), *wanted)):
            width = min(wanted[title], _NARROWEST) if title in wrapping else wanted[title]
            if width + len(_GAP) <= left:
                widths[title] = width
                left -= width + len(_GAP)
        for title in (title for title in widths if title in wrapping):
            more = min(wanted[title] - widths[title], left)
            widths[title] += more
            left -= more
        return widths


def _rows(columns: Sequence[Column], widths: Mapping[str, int], console: Console) -> Iterator[Segment]:
    """The lines of all rows. Neighbours without styles are one segment: a segment costs more than its text."""
    rows, cells = _lines(columns, widths, console)
    blocks: list[tuple[Sequence[str], Sequence[Style | None]]] = []
    for place, column in enumerate(columns):
        texts = [_padded(cell, widths[column.title], right=column.right) for cell in cells[place]]
        if place < len(columns) - 1:
            texts = [text + _GAP for text in texts]
        if column.styles or not blocks or any(blocks[-1][1]):
            named = {row: console.get_style(style) for row, style in column.styles.items()}
            blocks.append((texts, [named.get(row) for row in rows]))
        else:
            before, plain = blocks[-1]
            blocks[-1] = [left + right for left, right in zip(before, texts, strict=True)], plain
    for line in zip(*(zip(texts, styles, strict=True) for texts, styles in blocks), strict=True):
        for text, style in line:
            yield Segment(text, style)
        yield Segment.line()


def _lines(
    columns: Sequence[Column], widths: Mapping[str, int], console: Console
) -> tuple[Sequence[int], Sequence[Sequence[str]]]:
    """The row that each line belongs to, and the cells of each column by line."""
    count = len(columns[0].cells) if columns else 0
    long = {
        row
        for column in columns
        if column.wraps and column.width > widths[column.title]
        for row, cell in enumerate(column.cells)
        if cell_len(cell) > widths[column.title]
    }
    if not long:
        return range(count), [column.cells for column in columns]
    rows: list[int] = []
    lines: list[list[str]] = [[] for _ in columns]
    for row in range(count):
        parts = [[column.cells[row]] for column in columns]
        if row in long:
            for place, column in enumerate(columns):
                if column.wraps:
                    wrapped = Text(column.cells[row]).wrap(console, widths[column.title])
                    parts[place] = [line.plain for line in wrapped] or [""]
        height = max(map(len, parts))
        rows += [row] * height
        for into, part in zip(lines, parts, strict=True):
            into += [*part, *[""] * (height - len(part))]
    return rows, lines


def _padded(text: str, width: int, *, right: bool) -> str:
    if text.isascii():
        return text.rjust(width) if right else text.ljust(width)
    return " " * (width - cell_len(text)) + text if right else set_cell_size(text, width)
