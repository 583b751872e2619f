"""A digit's picture as text: two pixels a cell in half blocks, or a ramp of characters where there is no colour."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import Literal

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from mnist_lab.render import shades
from mnist_lab.render.canvas import Run
from mnist_lab.render.shades import Shades

SIDE = 28
Scale = Literal[1, 2]
"""Pixels across a cell: 1 draws every pixel, 2 a quarter as large."""

RAMP = " .:-=+*#%@"
"""From paper to ink, for terminals without colour."""

_GREYS: dict[Shades, tuple[int, ...]] = {
    "truecolor": tuple(round(step * 255 / 31) for step in range(32)),  # finer steps cost bytes and are not seen
    "256": (0, *range(8, 239, 10), 255),  # those of the fixed palette
    "16": (0, 85, 170, 255),
}
_GAIN = 1.35
"""Thin strokes fade when pixels are averaged; this is about what they lose."""


@dataclass(frozen=True)
class Digit:
    """One picture, light ink on dark paper whatever the theme.

    Attributes:
        pixels: 28 × 28 of them by rows, a byte each, from 0 (paper) to 255 (ink).
        scale: Pixels across a cell.
        shades: What to draw with; what the console has if None.

    Raises:
        ValueError: It is not 784 bytes.
    """

    pixels: bytes
    _: KW_ONLY
    scale: Scale = 1
    shades: Shades | None = None

    def __post_init__(self) -> None:
        if len(self.pixels) != SIDE * SIDE:
            raise ValueError(f"a digit has {SIDE * SIDE} pixels, not {len(self.pixels)}")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for row in self.rows(self.shades or shades.shades_of(console, options)):
            for text, style in row:
                yield Segment(text, style)
            yield Segment.line()

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        width = min(width_of(self.scale), options.max_width)
        return Measurement(width, width)

    def lines(self, drawn_with: Shades) -> list[Text]:
        """The picture as lines of the same width."""
        return [Text.assemble(*((text, style or "") for text, style in row), end="") for row in self.rows(drawn_with)]

    def rows(self, drawn_with: Shades) -> list[list[Run]]:
        """The picture as runs of cells that look alike."""
        side = width_of(self.scale)
        grid = self.pixels if self.scale == 1 else _halved(self.pixels)
        pairs = [
            list(zip(grid[top : top + side], grid[top + side : top + 2 * side], strict=True))
            for top in range(0, side * side, 2 * side)
        ]
        if drawn_with == "none":
            return [[("".join(_character((top + bottom) // 2) for top, bottom in row), None)] for row in pairs]
        return [_blocks(row, drawn_with) for row in pairs]


def width_of(scale: Scale) -> int:
    """Columns of a picture."""
    return SIDE // scale


def height_of(scale: Scale) -> int:
    """Lines of a picture."""
    return SIDE // scale // 2


def _halved(pixels: bytes) -> bytes:
    """Every four pixels as one."""
    return bytes(
        min(255, round(_GAIN * (pixels[at] + pixels[at + 1] + pixels[at + SIDE] + pixels[at + SIDE + 1]) / 4))
        for top in range(0, SIDE * SIDE, 2 * SIDE)
        for at in range(top, top + SIDE, 2)
    )


def _character(level: int) -> str:
    return RAMP[level * len(RAMP) // 256]


def _blocks(row: list[tuple[int, int]], drawn_with: Shades) -> list[Run]:
    runs: list[Run] = []
    text, last = "", None
    for top, bottom in row:
        upper, lower = _grey(top, drawn_with), _grey(bottom, drawn_with)
        if last is not None and (upper, lower) != last:
            runs.append((text, _style(*last)))
            text = ""
        text += " " if upper == lower else "▀"
        last = upper, lower
    return [*runs, (text, _style(*last))] if last is not None else runs


@lru_cache(maxsize=1024)
def _grey(level: int, drawn_with: Shades) -> int:
    """The nearest grey there is."""
    return min(_GREYS[drawn_with], key=lambda grey: abs(grey - level))


def _style(upper: int, lower: int) -> Style:
    return shades.style((upper,) * 3, (lower,) * 3)
