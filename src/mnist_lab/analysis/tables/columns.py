"""The columns of runs and recipes: the dtype of each, and how a person reads its values. Imports no pandas."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import FIELDS, format_value
from mnist_lab.text import one_line

if TYPE_CHECKING:
    import pandas as pd

Dtype: TypeAlias = Literal["Int64", "Float64", "boolean", "string"]
"""A nullable dtype of pandas: whole numbers stay whole, and what is missing stays missing."""

LOWER_IS_BETTER = ("loss", "val_loss")
HIGHER_IS_BETTER = ("accuracy", "val_accuracy", "test_accuracy")
METRICS = (*LOWER_IS_BETTER, *HIGHER_IS_BETTER)
"""The columns whose best value is marked, and in which NaN is a value: a training that diverged has one."""

_DTYPES: dict[str, Dtype] = {
    **dict.fromkeys(("id", "run", "status", "selected_on", "device", "started_at", "note", "tags"), "string"),
    **dict.fromkeys(("study", "recipe", "baseline", "verdict"), "string"),
    **dict.fromkeys(("epochs_run", "best_epoch", "parameters", "n", "diverged", "seeds_needed"), "Int64"),
    "within_margin": "boolean",
}
_OF_KIND: dict[type, Dtype] = {int: "Int64", float: "Float64", bool: "boolean"}
_FORMATS = {
    **dict.fromkeys(HIGHER_IS_BETTER, ".2%"),
    **dict.fromkeys(("mean_low", "mean_high", "one_low", "one_high", "deviation"), ".2%"),
    **dict.fromkeys(("difference", "difference_low", "difference_high"), "+.2%"),
    **dict.fromkeys(LOWER_IS_BETTER, ".4f"),
    **dict.fromkeys(("seconds_per_epoch", "seconds"), ".2f"),
}


def dtype_of(column: str) -> Dtype:
    """The dtype of a column: as its field or, of other columns, as the table above declares; else ``Float64``."""
    if column in FIELDS:
        return _OF_KIND.get(FIELDS[column].kind, "string")
    return _DTYPES.get(column, "Float64")


def is_number(column: str) -> bool:
    """Whether a column holds numbers."""
    return dtype_of(column) in ("Int64", "Float64")


def column_named(name: str, columns: Sequence[str]) -> str:
    """The column of that name, or with the only name that starts so.

    Raises:
        UsageError: There is none, or there are several.
    """
    if name.lower() in columns:
        return name.lower()
    starting = columns_starting(name, columns)
    if len(starting) == 1:
        return starting[0]
    if starting:
        raise UsageError(f"{name} could be {' or '.join(starting)}.")
    near = difflib.get_close_matches(name.lower(), columns, n=1, cutoff=0.6)
    raise UsageError(f"There is no column {name!r}." + (f" Did you mean {near[0]}?" if near else ""))


def columns_starting(name: str, columns: Sequence[str]) -> list[str]:
    """The columns whose names start so, whatever its case."""
    return [column for column in columns if column.startswith(name.lower())]


def values_of(cells: pd.Series[Any]) -> list[Any]:
    """The cells of a column as plain Python values; None where there is none."""
    values: list[Any] = cells.array.to_numpy(dtype=object, na_value=None).tolist()
    return values


def text_of(column: str, value: Any) -> str:
    """A value as a person reads it: accuracies in percent, losses to four digits; empty where it is None."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return "NaN" if column in METRICS else ""
    return format(value, _FORMATS[column]) if column in _FORMATS and not isinstance(value, str) else format_value(value)


def texts_of(column: str, values: Sequence[Any]) -> list[str]:
    """Values of a column as a person reads them, each in one line."""
    if column in _FORMATS:
        how = _FORMATS[column]
        return [text_of(column, value) if value is None or value != value else format(value, how) for value in values]
    texts = {value: one_line(text_of(column, value)) for value in set(values)}  # most columns have few
    return [texts[value] for value in values]
