"""A canvas of terminal cells with a resolution finer than cells: braille dots, or ASCII strokes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle, pairwise
from math import floor

from rich.style import Style

from mnist_lab.render.palette import Pattern

Fragment = tuple[str, Style | None]
"""Text of one style. A row of a chart is a list of fragments."""

Dot = tuple[int, float]
"""Column and row in dots from the top left; a dot covers [row, row + 1), and rows off the canvas are not drawn."""

_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BRAILLE_GLYPHS = " " + "".join(map(chr, range(0x2801, 0x2900)))
_STROKES = ((0x01,), (0x02,), (0x04,))
_STROKE_GLYPHS = " '-'.|.|".ljust(255) + ":"
_STROKE_SHADE = 255


class Canvas:
    """A canvas of ``columns`` x ``rows`` cells with 2 x 4 braille dots each, or with 1 x 3 strokes if ``ascii``.

    Lines in the same cell add their dots; the one drawn last determines the style. A second layer behind them is
    hidden in cells with a line. Draw from back to front: the layer behind, lines, glyphs.
    """

    def __init__(self, columns: int, rows: int, *, ascii: bool = False) -> None:
        self.columns = columns
        self.rows = rows
        self._bits = _STROKES if ascii else _BRAILLE
        self._glyphs = _STROKE_GLYPHS if ascii else _BRAILLE_GLYPHS
        self._ascii = ascii
        self.dots_down = len(self._bits)
        self.dots_across = len(self._bits[0])
        self._cells = bytearray(columns * rows)
        self._behind = bytearray(columns * rows)
        self._styles: list[Style | None] = [None] * (columns * rows)
        self._row_of = [(row * columns, bits) for row in range(rows) for bits in self._bits]
        self._glyph_at: dict[int, str] = {}

    def line(self, dots: Sequence[Dot], style: Style | None, pattern: Pattern = (), *, behind: bool = False) -> None:
        """Draw straight lines, one dot wide, between ``dots``, whose columns ascend and are on the canvas."""
        cells, styles, across, row_of = (
            self._behind if behind else self._cells,
            self._styles,
            self.dots_across,
            self._row_of,
        )
        height = len(row_of)
        lit = cycle(pattern or (True,))
        for (x0, y0), (x1, y1) in pairwise([*dots, (dots[-1][0] + 1, dots[-1][1])]):
            columns: Iterable[int]
            rows: Iterable[int]
            if abs(y1 - y0) <= x1 - x0:
                slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
                columns, rows = range(x0, x1), [floor(y0 + slope * i) for i in range(x1 - x0)]
            else:
                rows = _rows_between(floor(y0), floor(y1), height)
                slope = (x1 - x0) / (y1 - y0)
                start = x0 + 0.5 + (0.5 - y0) * slope
                columns = [min(max(int(start + row * slope), x0), x1) for row in rows]
            for x, y, on in zip(columns, rows, lit, strict=False):
                if on and 0 <= y < height:
                    first, bits = row_of[y]
                    cell = first + x // across
                    cells[cell] |= bits[x % across]
                    styles[cell] = style

    def shade(self, column: int, top: float, bottom: float, style: Style | None) -> None:
        """Shade a column of cells on the layer behind, between two rows of dots."""
        down = self.dots_down
        first, last = max(0, floor(top)), min(self.rows * down - 1, floor(bottom))
        for row in range(first, last + 1):
            cell = row // down * self.columns + column
            if self._ascii:
                self._behind[cell] = _STROKE_SHADE
            elif row % 2 == 0:
                self._behind[cell] |= self._bits[row % down][row // 2 % 2]
            self._styles[cell] = style

    def put(self, column: int, row: int, glyph: str, style: Style | None) -> None:
        """Show ``glyph``, one column wide, in a cell instead of its lines."""
        cell = row * self.columns + column
        self._glyph_at[cell] = glyph
        self._styles[cell] = style

    def is_free(self, column: int, row: int) -> bool:
        """Whether a cell is on the canvas and has neither a line nor a glyph."""
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return False
        cell = row * self.columns + column
        return not self._cells[cell] and cell not in self._glyph_at

    def lines(self) -> list[list[Fragment]]:
        """The fragments of each row, which together are as wide as the canvas."""
        cells = bytes(map(_front, self._cells, self._behind)) if any(self._behind) else bytes(self._cells)
        text = cells.decode("latin-1").translate(self._glyphs)
        if self._glyph_at:
            glyphs = list(text)
            for cell, glyph in self._glyph_at.items():
                glyphs[cell] = glyph
            text = "".join(glyphs)
        starts = range(0, self.columns * self.rows, self.columns)
        return [self._fragments(text[start : start + self.columns], start) for start in starts]

    def _fragments(self, text: str, start: int) -> list[Fragment]:
        fragments: list[Fragment] = []
        begin, style = 0, None
        for i, glyph in enumerate(text):
            if glyph != " " and self._styles[start + i] is not style:
                if i > begin:
                    fragments.append((text[begin:i], style))
                begin, style = i, self._styles[start + i]
        fragments.append((text[begin:], style))
        return fragments


def _rows_between(first: int, last: int, height: int) -> range:
    """The rows from ``first`` to before ``last`` that are on a canvas of ``height`` rows, in that order."""
    if first <= last:
        return range(max(first, 0), min(last, height))
    return range(min(first, height - 1), max(last, -1), -1)


def _front(dots: int, behind: int) -> int:
    return dots or behind
