"""How a table is written: comma-separated values, JSON, Markdown, and new files of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from mnist_lab.analysis.tables.columns import text_of, values_of
from mnist_lab.analysis.tables.frames import best_rows
from mnist_lab.analysis.tables.query import FileFormat
from mnist_lab.errors import StoreError
from mnist_lab.machine import opener
from mnist_lab.store import files
from mnist_lab.text import in_markdown

_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")  # the wide ones too: spreadsheets read them as the narrow


def to_csv(frame: pd.DataFrame) -> str:
    """Comma-separated values with a header; no text in it is taken for a formula by a spreadsheet."""
    cells = {name: list(map(_harmless, values)) for name, values in _columns(frame).items()}
    return pd.DataFrame(cells, dtype=object).to_csv(index=False, na_rep="")


def to_object(frame: pd.DataFrame) -> dict[str, Any]:
    """The table as one JSON object."""
    return {"schema": 1, str(frame.index.name): to_rows(frame)}


def to_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Plain data for ``json.dumps``, a row each: null where there is no value, infinities and NaN as strings."""
    cells = {name: list(map(_json_value, values)) for name, values in _columns(frame).items()}
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def to_markdown(frame: pd.DataFrame) -> str:
    """A Markdown table with the best metrics in bold."""
    columns = {
        name: [in_markdown(text_of(name, value)) for value in values] for name, values in _columns(frame).items()
    }
    for name, best in best_rows(frame).items():
        for row in best:
            columns[name][row] = f"**{columns[name][row]}**"
    rows = [list(columns), ["---"] * len(columns), *zip(*columns.values(), strict=True)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def _to_json(frame: pd.DataFrame) -> str:
    return json.dumps(to_object(frame), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


FORMATS: dict[FileFormat, tuple[str, Callable[[pd.DataFrame], str]]] = {
    "csv": (".csv", to_csv),
    "json": (".json", _to_json),
    "markdown": (".md", lambda frame: to_markdown(frame) + "\n"),
}
"""For each format how its files end, and what is in them."""


def save(frame: pd.DataFrame, format_: FileFormat, folder: Path, now: datetime) -> Path:
    """Write a table to a new file in ``folder``, whole or not at all; a file that is there is left alone.

    Raises:
        StoreError: It could not be written.
    """
    ending, written = FORMATS[format_]
    name = f"mnist-lab-compare-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    path = folder / f"{name}{ending}"
    try:
        path = _reserve(folder.absolute(), name, ending)
        try:
            files.publish(path, written(frame).encode())
        except BaseException:
            with suppress(OSError):
                opener.remove(path)
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StoreError(f"{path} could not be written: {reason}; open the lab in another folder.") from error
    return path


def _reserve(folder: Path, name: str, ending: str) -> Path:
    """Make an empty file of a name that nobody has, so that nobody else takes it."""
    for number in count(1):
        path = folder / (f"{name}{ending}" if number == 1 else f"{name}-{number}{ending}")
        with suppress(FileExistsError):
            files.open_new(path).close()
            return path
    raise AssertionError


def _columns(frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {str(name): values_of(cells) for name, cells in frame.items()}


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value


def _json_value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
