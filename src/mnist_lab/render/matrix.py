"""The confusion matrix as a tinted table of counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from mnist_lab.render.canvas import Fragment
from mnist_lab.render.colour_depth import RGB, ColourDepth, colour_depth_of, mix, rgb_style
from mnist_lab.render.digits import RAMP

_HEAD, _QUIET = Style(bold=True), Style(dim=True)
_SELECTED = Style(reverse=True, bold=True)
_WIDEST_GAP = 3
_RIGHT, _WRONG = (47, 84, 201), (214, 90, 0)  # a blue and an orange that the colour-blind can distinguish
_DARK, _LIGHT = (16, 19, 24), (251, 251, 250)
_FAINTEST = 0.18
_FEW, _MANY = 0.35, 0.7
_LEAST_WITH_LABELS = 4
_SIXTEEN: dict[bool, tuple[RGB, RGB, RGB]] = {
    True: ((85, 85, 255), (0, 0, 170), (0, 0, 170)),
    False: ((170, 85, 0), (170, 85, 0), (170, 0, 0)),
}


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix: true digits down, predicted digits across.

    With few columns the cells are percentages of their row; with fewer, characters of increasing density. With few
    lines only the rows around the selected one are shown.

    Attributes:
        counts: Number of images by true digit (outer) and predicted digit (inner).
        selected: True and predicted digit of the highlighted cell. Default: none.
        width: Width in columns. Default: all that there are.
        height: Height in lines. Default: as many as needed.
        dark: Whether the background is dark. Default: yes.
        colour_depth: The colour depth to draw with. Default: that of the console.
    """

    counts: Sequence[Sequence[int]]
    _: KW_ONLY
    selected: tuple[int, int] | None = None
    width: int | None = None
    height: int | None = None
    dark: bool = True
    colour_depth: ColourDepth | None = None
    _totals: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_totals", [sum(row) for row in self.counts])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, self.width or options.max_width)
        for row in self._rows(width, self.colour_depth or colour_depth_of(console, options)):
            for text, style in row:
                yield Segment(text, style)
            yield Segment.line()

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        least, most = 1 + self._size, self.widest
        return Measurement(min(least, options.max_width), min(most, self.width or most, options.max_width))

    def lines(self, width: int, depth: ColourDepth) -> list[Text]:
        """The matrix as lines."""
        return [
            Text.assemble(*((text, style or "") for text, style in row), no_wrap=True, end="")
            for row in self._rows(width, depth)
        ]

    @property
    def narrowest(self) -> int:
        """Minimum width with counts in the cells, in columns."""
        return 1 + self._size * (self._digits + 1)

    @property
    def widest(self) -> int:
        """Maximum width in columns."""
        return 1 + self._size * (self._digits + _WIDEST_GAP)

    def cell_at(self, column: int, line: int, width: int) -> tuple[int, int] | None:
        """True and predicted digit of the cell at a column and line of the drawing; None where there is no cell."""
        top = self._head_lines()
        row = self._first_row(top) + line - top
        index = (column - 1) // max(1, self._cell(width))
        inside = line >= top and column >= 1 and row < self._size and index < self._size
        return (row, index) if inside else None

    @property
    def _size(self) -> int:
        return len(self.counts)

    @property
    def _digits(self) -> int:
        return len(str(max((count for row in self.counts for count in row), default=0)))

    def _cell(self, width: int) -> int:
        """Width of a cell in columns."""
        return max(1, min(self._digits + _WIDEST_GAP, (width - 1) // max(1, self._size)))

    def _head_lines(self) -> int:
        if self.height is None or self.height >= self._size + 2:
            return 2
        return 1 if self.height >= _LEAST_WITH_LABELS else 0

    def _first_row(self, head: int) -> int:
        if self.height is None:
            return 0
        shown = max(0, self.height - head)
        true = self.selected[0] if self.selected else 0
        return max(0, min(true - shown // 2, self._size - shown))

    def _rows(self, width: int, depth: ColourDepth) -> list[list[Fragment]]:
        cell, head = self._cell(width), self._head_lines()
        first = self._first_row(head)
        last = self._size if self.height is None else min(self._size, first + self.height - head)
        rows = [self._title(cell), self._labels(cell)][2 - head :]
        return rows + [self._row(true, cell, depth) for true in range(first, last)]

    def _title(self, cell: int) -> list[Fragment]:
        share = "% of each true digit" if self._percentages(cell) else "true digit"
        room = 1 + cell * self._size
        words = (f"rows: {share}, columns: predicted digit", f"{share} by predicted", share, "rows: true")
        return [(next((text for text in words if len(text) <= room), ""), _QUIET)]

    def _labels(self, cell: int) -> list[Fragment]:
        fragments: list[Fragment] = [(" ", None)]
        for predicted in range(self._size):
            selected = self.selected is not None and self.selected[1] == predicted
            fragments.append((str(predicted).rjust(cell), _SELECTED if selected else _HEAD))
        return fragments

    def _row(self, true: int, cell: int, depth: ColourDepth) -> list[Fragment]:
        selected = self.selected is not None and self.selected[0] == true
        return [(str(true), _SELECTED if selected else _HEAD)] + [
            self._drawn(true, predicted, cell, depth) for predicted in range(self._size)
        ]

    def _drawn(self, true: int, predicted: int, cell: int, depth: ColourDepth) -> Fragment:
        text = self._text(true, predicted, cell)
        if self.selected == (true, predicted):
            return f"[{text}]"[:cell].rjust(cell) if cell > len(text) else text.rjust(cell), _SELECTED
        return text.rjust(cell), self._tint(true, predicted, depth)

    def _text(self, true: int, predicted: int, cell: int) -> str:
        count = self.counts[true][predicted]
        if cell > self._digits:
            return str(count)
        if not count:
            return "0" if self._percentages(cell) else " "
        if self._percentages(cell):
            share = count / self._totals[true]
            return "<1" if share < 0.005 else f"{100 * share:.0f}"
        return RAMP[1 + math.floor(self._strength(true, predicted) * (len(RAMP) - 2))]

    def _percentages(self, cell: int) -> bool:
        return 3 <= cell <= self._digits

    def _strength(self, true: int, predicted: int) -> float:
        """Strength of a cell's tint from 0 to 1, on a logarithmic scale, because mistakes are few."""
        count, most = self.counts[true][predicted], max(self._totals)
        return math.log1p(count) / math.log1p(most)

    def _tint(self, true: int, predicted: int, depth: ColourDepth) -> Style | None:
        if not self.counts[true][predicted]:
            return _QUIET
        strength, right = self._strength(true, predicted), true == predicted
        if depth == "none":
            return _HEAD if not right and strength > _FEW else None
        if depth == "16":
            few, many, most = _SIXTEEN[right]
            if not right and strength < _FEW:
                return rgb_style(few, None)
            return rgb_style((255, 255, 255), most if right or strength > _MANY else many)
        ground = _DARK if self.dark else _LIGHT
        paper = mix(ground, _RIGHT if right else _WRONG, _FAINTEST + (1 - _FAINTEST) * strength)
        return rgb_style(_readable_on(paper), paper)


def _readable_on(paper: RGB) -> RGB:
    red, green, blue = paper
    return (0, 0, 0) if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else (255, 255, 255)
