"""The colour depth of a console, and styles of exact colours."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from rich.color import Color
from rich.console import Console, ConsoleOptions
from rich.style import Style

ColourDepth = Literal["truecolor", "256", "16", "none"]
"""How many colours a console shows; ``none`` also where its encoding has no block characters."""

RGB = tuple[int, int, int]

_SYSTEMS: dict[str | None, ColourDepth] = {"truecolor": "truecolor", "256": "256", "standard": "16", "windows": "16"}


def colour_depth_of(console: Console, options: ConsoleOptions) -> ColourDepth:
    """The colour depth of a console."""
    if console.no_color or options.ascii_only or options.legacy_windows:
        return "none"
    return _SYSTEMS.get(console.color_system, "none")


@lru_cache(maxsize=4096)
def rgb_style(foreground: RGB | None, background: RGB | None, *, bold: bool = False) -> Style:
    """A style with exact colours; None leaves a colour as it is."""
    return Style(
        color=None if foreground is None else Color.from_rgb(*foreground),
        bgcolor=None if background is None else Color.from_rgb(*background),
        bold=bold or None,
    )


def mix(low: RGB, high: RGB, share: float) -> RGB:
    """The colour between two others: ``low`` at a share of 0, ``high`` at 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue
