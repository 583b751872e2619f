"""A comparison as text that others read: comma-separated values, rows for JSON, Markdown."""

from __future__ import annotations

import math
from typing import Any

from mnist_lab.analysis.tables.facts import text_of
from mnist_lab.analysis.tables.table import Comparison

_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")  # the wide ones too: spreadsheets read them as the narrow


def to_csv(comparison: Comparison) -> str:
    """Comma-separated values with a header; no text in it is taken for a formula by a spreadsheet."""
    import pandas as pd

    harmless = {name: [_harmless(value) for value in cells] for name, cells in comparison.columns.items()}
    return pd.DataFrame(harmless, dtype=object).to_csv(index=False, na_rep="")  # map would make floats of whole numbers


def to_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """Plain data for ``json.dumps``: null where there is no value, infinities and NaN as strings."""
    cells = [[_json_value(value) for value in column] for column in comparison.columns.values()]
    return [dict(zip(comparison.columns, row, strict=True)) for row in zip(*cells, strict=True)]


def to_markdown(comparison: Comparison) -> str:
    """A Markdown table with the best figures in bold."""
    names = list(comparison.columns)
    lines = ["| " + " | ".join(names) + " |", "| " + " | ".join("---" for _ in names) + " |"]
    for position, row in enumerate(zip(*comparison.columns.values(), strict=True)):
        cells = []
        for name, value in zip(names, row, strict=True):
            text = text_of(name, value).replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
            cells.append(f"**{text}**" if position in comparison.best.get(name, ()) else text)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
