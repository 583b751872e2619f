"""Texts of others made fit for one place on a screen: literal, on one line, no wider than their room."""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, set_cell_size


@lru_cache(maxsize=1024)
def clean(text: str, *, ascii: bool = False) -> str:
    """``text`` with a space for whatever would not print as one line, and ``?`` for what is not ASCII if ``ascii``."""
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


def value_text(value: float | None, *, percent: bool = False, ascii: bool = False) -> str:
    """A measured value for a person: four decimals, two of a per cent, or an exponent where these would not do."""
    if value is None:
        return "-" if ascii else "–"
    if percent:
        return f"{value * 100:.2f}%"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3g}"
