"""Labels made of text from outside: literal, on one line, no wider than their room."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, set_cell_size


@lru_cache(maxsize=1024)
def clean(text: str, *, ascii: bool = False) -> str:
    """``text`` with spaces for unprintable characters, and ``?`` for those that are not ASCII if ``ascii``."""
    if ascii:
        text = text.encode("ascii", "replace").decode("ascii")
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def shorten(text: str, width: int, *, ascii: bool = False) -> str:
    """``text`` cut to at most ``width`` columns, with an ellipsis where there is room for one."""
    if cell_len(text) <= width:
        return text
    ellipsis = "..." if ascii else "…"
    if width <= len(ellipsis):
        return set_cell_size(text, max(0, width)).rstrip()
    return set_cell_size(text, width - len(ellipsis)).rstrip() + ellipsis
