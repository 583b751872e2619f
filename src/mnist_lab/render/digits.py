"""Images of digits as text: half blocks of two pixels each, or characters of different density without colour."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import lru_cache
from typing import Literal

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from mnist_lab.render.canvas import Fragment
from mnist_lab.render.colour_depth import ColourDepth, colour_depth_of, rgb_style

SIDE = 28
Scale = Literal[1, 2]
"""Pixels across a cell: 1 draws every pixel, 2 averages four of them."""

RAMP = " .:-=+*#%@"
"""Characters from background to ink, for terminals without colour."""

_GREYS: dict[ColourDepth, tuple[int, ...]] = {
    "truecolor": tuple(round(step * 255 / 31) for step in range(32)),  # finer steps are not visible and cost bytes
    "256": (0, *range(8, 239, 10), 255),  # those of the fixed palette
    "16": (0, 85, 170, 255),
}
_GAIN = 1.35
"""Compensates for thin strokes, which fade when pixels are averaged."""


@dataclass(frozen=True)
class DigitImage:
    """The image of a digit, light on dark whatever the theme.

    Attributes:
        pixels: 28 × 28 bytes row by row, from 0 (background) to 255 (ink).
        scale: Pixels across a cell. Default: 1.
        colour_depth: The colour depth to draw with. Default: that of the console.

    Raises:
        ValueError: There are not 784 pixels.
    """

    pixels: bytes
    _: KW_ONLY
    scale: Scale = 1
    colour_depth: ColourDepth | None = None

    def __post_init__(self) -> None:
        if len(self.pixels) != SIDE * SIDE:
            raise ValueError(f"a digit has {SIDE * SIDE} pixels, not {len(self.pixels)}")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for row in self.rows(self.colour_depth or colour_depth_of(console, options)):
            for text, style in row:
                yield Segment(text, style)
            yield Segment.line()

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        width = min(width_of(self.scale), options.max_width)
        return Measurement(width, width)

    def lines(self, depth: ColourDepth) -> list[Text]:
        """The image as lines of the same width."""
        return [Text.assemble(*((text, style or "") for text, style in row), end="") for row in self.rows(depth)]

    def rows(self, depth: ColourDepth) -> list[list[Fragment]]:
        """The image as rows of fragments."""
        side = width_of(self.scale)
        grid = self.pixels if self.scale == 1 else _halved(self.pixels)
        pairs = [
            list(zip(grid[top : top + side], grid[top + side : top + 2 * side], strict=True))
            for top in range(0, side * side, 2 * side)
        ]
        if depth == "none":
            return [[("".join(_character((top + bottom) // 2) for top, bottom in row), None)] for row in pairs]
        return [_blocks(row, depth) for row in pairs]


def width_of(scale: Scale) -> int:
    """Width of an image in columns."""
    return SIDE // scale


def height_of(scale: Scale) -> int:
    """Height of an image in lines."""
    return SIDE // scale // 2


def _halved(pixels: bytes) -> bytes:
    """The mean of every four pixels, brightened."""
    return bytes(
        min(255, round(_GAIN * (pixels[at] + pixels[at + 1] + pixels[at + SIDE] + pixels[at + SIDE + 1]) / 4))
        for top in range(0, SIDE * SIDE, 2 * SIDE)
        for at in range(top, top + SIDE, 2)
    )


def _character(level: int) -> str:
    return RAMP[level * len(RAMP) // 256]


def _blocks(row: list[tuple[int, int]], depth: ColourDepth) -> list[Fragment]:
    fragments: list[Fragment] = []
    text, last = "", None
    for top, bottom in row:
        upper, lower = _grey(top, depth), _grey(bottom, depth)
        if last is not None and (upper, lower) != last:
            fragments.append((text, _style(*last)))
            text = ""
        text += " " if upper == lower else "▀"
        last = upper, lower
    return [*fragments, (text, _style(*last))] if last is not None else fragments


@lru_cache(maxsize=1024)
def _grey(level: int, depth: ColourDepth) -> int:
    """The nearest grey of a colour depth."""
    return min(_GREYS[depth], key=lambda grey: abs(grey - level))


def _style(upper: int, lower: int) -> Style:
    return rgb_style((upper,) * 3, (lower,) * 3)
