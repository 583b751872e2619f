"""What a console can show of a colour: exactly, in a few steps, or not at all."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from rich.color import Color
from rich.console import Console, ConsoleOptions
from rich.style import Style

Shades = Literal["truecolor", "256", "16", "none"]
"""What there is to draw with; ``none`` also where there is colour but no UTF-8 to draw blocks with."""

RGB = tuple[int, int, int]

_SYSTEMS: dict[str | None, Shades] = {"truecolor": "truecolor", "256": "256", "standard": "16", "windows": "16"}


def shades_of(console: Console, options: ConsoleOptions) -> Shades:
    """What a console can show."""
    if console.no_color or options.ascii_only or options.legacy_windows:
        return "none"
    return _SYSTEMS.get(console.color_system, "none")


@lru_cache(maxsize=4096)
def style(ink: RGB | None, paper: RGB | None, *, bold: bool = False) -> Style:
    """A style of exact colours."""
    return Style(
        color=None if ink is None else Color.from_rgb(*ink),
        bgcolor=None if paper is None else Color.from_rgb(*paper),
        bold=bold or None,
    )


def between(low: RGB, high: RGB, share: float) -> RGB:
    """The colour a share of the way from one to another."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return red, green, blue
