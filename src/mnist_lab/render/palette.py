"""The palette: a colour, a marker and a line style for each slot.

A slot is an integer that a run or recipe keeps everywhere, so that it has the same colour in a chart, a legend and a
table. Colours repeat after :data:`COLOURS` and markers after :data:`MARKERS`; the line style changes where the colours
repeat.
"""

from __future__ import annotations

from functools import lru_cache

from rich.style import Style

COLOURS = ("#4a66f5", "#ef8e00", "#d2200c", "#51c07c", "#9b449c", "#db8dfb", "#4997b7", "#bb6971")
"""Distinguishable under the three kinds of colour-blindness, readable on white and on near-black, and mapped to
different colours of a 16-colour terminal."""

MARKERS = "ox+*#@%&$HZV"
"""ASCII characters that are not used to draw lines or axes."""

Pattern = tuple[bool, ...]
"""A line style: which dots along a line are drawn, repeated; empty for all."""

_KEYS = {(False, False): "━", (True, False): "╍", (False, True): "┅", (True, True): "┉"}
_PATTERNS: dict[tuple[bool, bool], Pattern] = {
    (False, False): (),
    (True, False): (True,) * 4 + (False,) * 3,
    (False, True): (True,) * 9 + (False,) * 2 + (True,) * 2 + (False,) * 2,
    (True, True): (True,) * 2 + (False,) * 3,
}
_ASCII_PATTERNS: dict[tuple[bool, bool], Pattern] = {
    (False, False): (),
    (True, False): (True, False),
    (False, True): (True,) * 4 + (False,),
    (True, True): (True, False, False),
}


@lru_cache(maxsize=256)
def style(slot: int, *, faint: bool = False, bold: bool = False) -> Style:
    """The colour of ``slot``; ``faint`` for the background, ``bold`` for emphasis."""
    return Style(color=COLOURS[slot % len(COLOURS)], dim=faint or None, bold=bold or None)


def marker(slot: int) -> str:
    """The ASCII character of ``slot``, for use where colours are not enough."""
    return MARKERS[slot % len(MARKERS)]


def pattern(slot: int, *, dashed: bool = False, ascii: bool = False) -> Pattern:
    """The line style of ``slot``, in dots of :class:`~mnist_lab.render.canvas.Canvas`."""
    return (_ASCII_PATTERNS if ascii else _PATTERNS)[dashed, _repeats(slot)]


def key(slot: int, *, dashed: bool = False, ascii: bool = False, markers: bool = False) -> str:
    """The legend key of ``slot``: two columns of its line style, or three with its marker in the middle."""
    if ascii:
        return f".{marker(slot)}." if dashed else f"-{marker(slot)}-"
    line = _KEYS[dashed, _repeats(slot)]
    return f"{line}{marker(slot)}{line}" if markers else line * 2


def _repeats(slot: int) -> bool:
    return slot // len(COLOURS) % 2 == 1
