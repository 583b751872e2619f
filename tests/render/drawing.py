"""Drawings kept in files. ``UPDATE_GOLDENS=1`` writes them anew."""

from __future__ import annotations

import io
import os
from pathlib import Path

from rich.console import Console, RenderableType

FOLDER = Path(__file__).parent / "goldens"


def drawn(renderable: RenderableType, width: int = 80, *, colour: bool = False, encoding: str = "utf-8") -> str:
    """The characters that a console shows, whatever their style."""
    console = Console(
        width=width,
        file=io.TextIOWrapper(io.BytesIO(), encoding=encoding),
        record=True,
        force_terminal=True,
        color_system="truecolor" if colour else None,
        no_color=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(renderable)
    return console.export_text()


def is_golden(drawing: str, name: str) -> bool:
    """Whether a drawing is the one in the file, blanks at the ends of its lines aside."""
    text = "".join(f"{line.rstrip()}\n" for line in drawing.splitlines())
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS") == "1":
        path.write_text(text, encoding="utf-8")
    return text == path.read_text(encoding="utf-8")
