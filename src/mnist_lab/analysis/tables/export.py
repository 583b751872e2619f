"""A comparison as a file that others read."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

from mnist_lab.analysis.tables import Comparison, to_csv, to_markdown, to_rows
from mnist_lab.errors import StoreError
from mnist_lab.store import files

Format = Literal["csv", "json", "markdown"]


def to_object(comparison: Comparison) -> dict[str, Any]:
    """The comparison as one JSON object."""
    return {"schema": 1, comparison.of: to_rows(comparison)}


def _to_json(comparison: Comparison) -> str:
    told = to_object(comparison)
    return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


FORMATS: dict[Format, tuple[str, Callable[[Comparison], str]]] = {
    "csv": (".csv", to_csv),
    "json": (".json", _to_json),
    "markdown": (".md", lambda comparison: to_markdown(comparison) + "\n"),
}
"""For each format how its files end, and what is in them."""


def save(comparison: Comparison, format_: Format, folder: Path, now: datetime) -> Path:
    """Write a comparison to a new file in ``folder``, whole or not at all; a file that is there is left alone.

    Raises:
        StoreError: It could not be written.
    """
    ending, text_of = FORMATS[format_]
    name = f"mnist-lab-compare-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    path = folder / f"{name}{ending}"
    try:
        path = _reserve(folder.absolute(), name, ending)
        try:
            files.publish(path, text_of(comparison).encode())
        except BaseException:
            with suppress(OSError):
                path.unlink()
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
