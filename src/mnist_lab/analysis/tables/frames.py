"""Runs as a pandas frame, what differs and what is best in it, and the same cells as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.arrays import FloatingArray

from mnist_lab.analysis.tables.columns import LOWER_IS_BETTER, METRICS, dtype_of, texts_of, values_of
from mnist_lab.experiments.experiment import FIELDS, MNIST_CHECKSUM, Experiment
from mnist_lab.experiments.presets import label_of
from mnist_lab.experiments.record import Record, Result
from mnist_lab.store.ids import short_ends
from mnist_lab.text import widest

RUNS, RECIPES = "runs", "recipes"
"""What the rows of a frame are, which is the name of its index."""

_ALWAYS = ("id", "run", "val_loss", "val_accuracy")
_INT_MAX = np.iinfo(np.int64).max
_CLOCK = ("started_at", "seconds")
_CONDITIONS = {name: field.requires for name, field in FIELDS.items() if field.requires is not None}


def runs_frame(records: Sequence[Record], ends: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row a record, indexed by run id; accuracies are fractions, times seconds.

    Args:
        records: The runs.
        ends: For each id the end by which it is shown; None: the shortest that no other of these runs shares.
    """
    ids = [record.id for record in records]
    results = [record.result for record in records]
    columns: dict[str, Sequence[Any]] = {
        "id": [*map((short_ends(ids) if ends is None else ends).__getitem__, ids)],
        "run": [record.preset or label_of(record.experiment) for record in records],
        "status": [record.status for record in records],
        "selected_on": ["test set" if record.selected_on_test else None for record in records],
        **experiment_columns([record.experiment for record in records]),
        "epochs_run": [record.epochs_run for record in records],
        "best_epoch": [record.best_epoch for record in records],
        **_attributes(results, tuple(Result.model_fields)),
        "seconds_per_epoch": [_median(record.seconds.per_epoch) for record in records],
        "seconds": [(record.finished_at - record.started_at).total_seconds() for record in records],
        "parameters": [record.model.parameters if record.model else None for record in records],
        "device": [record.environment.device for record in records],
        "started_at": [record.started_at.isoformat(timespec="seconds") for record in records],
        "note": [record.note for record in records],
        "tags": [" ".join(record.tags) for record in records],
    }
    return typed(columns, ids, RUNS)


def experiment_columns(experiments: Sequence[Experiment]) -> dict[str, list[Any]]:
    """The fields of experiments, one value an experiment; None where a field has no effect."""
    values = _attributes(experiments, tuple(FIELDS))
    columns = dict(values)
    columns["data"] = ["mnist" if value == MNIST_CHECKSUM else value[:12] for value in values["data"]]
    columns["filters"] = texts_of("filters", values["filters"])
    for name, (other, wanted) in _CONDITIONS.items():
        columns[name] = [
            value if held == wanted else None for value, held in zip(columns[name], values[other], strict=True)
        ]
    return columns


def typed(columns: Mapping[str, Sequence[Any]], keys: Sequence[str], of: str) -> pd.DataFrame:
    """Columns as a frame with the nullable dtypes they are declared with; None is missing, and NaN a value.

    Args:
        columns: One value a row.
        keys: What tells the rows apart.
        of: :data:`RUNS` or :data:`RECIPES`.
    """
    arrays = {name: _array(name, values) for name, values in columns.items()}
    return pd.DataFrame(arrays, index=pd.Index(list(keys), dtype=object, name=of))


def ordered(frame: pd.DataFrame, column: str, *, descending: bool) -> pd.DataFrame:
    """Rows by a column; what is missing or NaN comes last either way, and equals stay as they were."""

    def key(cells: pd.Series[Any]) -> pd.Series[Any]:
        return cells.str.casefold() if dtype_of(column) == "string" else cells.astype(float)

    return frame.sort_values(column, ascending=not descending, kind="stable", na_position="last", key=key)


def differing(frame: pd.DataFrame) -> list[str]:
    """The columns worth showing of a frame of runs: those that tell its rows apart, and those always wanted.

    Missing values do not tell rows apart, NaN does; nor does the clock alone. What was selected on the test set is
    always shown.
    """
    counts = frame.drop(columns=[*_ALWAYS, *_CLOCK]).nunique()
    shown = {*_ALWAYS, *counts.index[counts > 1]}
    if counts["selected_on"]:
        shown.add("selected_on")
    if np.array_equal(_floats(frame["test_accuracy"]), _floats(frame["val_accuracy"]), equal_nan=True):
        shown.discard("test_accuracy")
    return [name for name in frame.columns if name in shown]


def best_rows(frame: pd.DataFrame) -> dict[str, frozenset[int]]:
    """For each metric of some runs the positions that hold its best finite value, where there are several."""
    found = {}
    for name in frame.columns.intersection(list(METRICS) if frame.index.name == RUNS else []):
        values = _floats(frame[name])
        finite = values[np.isfinite(values)]
        best = (finite.min() if name in LOWER_IS_BETTER else finite.max()) if len(finite) > 1 else np.nan
        found[name] = frozenset(np.flatnonzero(values == best).tolist())
    return found


class TextTable:
    """A frame that is searched: its values and, made when first asked for, the same cells as text.

    Attributes:
        values: One column a fact, indexed by the key of each row. Not to be changed.
    """

    def __init__(self, values: pd.DataFrame) -> None:
        self.values = values
        self._texts: dict[str, npt.NDArray[np.object_]] = {}
        self._widths: dict[str, int] = {}

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self.values.columns.tolist()

    def texts(self, column: str) -> npt.NDArray[np.object_]:
        """The cells of a column as a person reads them, each in one line."""
        if column not in self._texts:
            self._texts[column] = np.array(texts_of(column, values_of(self.values[column])), dtype=object)
        return self._texts[column]

    def width(self, column: str) -> int:
        """How many cells of a terminal the widest text of a column takes."""
        if column not in self._widths:
            self._widths[column] = widest(self.texts(column).tolist())
        return self._widths[column]

    @cached_property
    def lines(self) -> list[str]:
        """For each row all its texts, casefolded, one a line."""
        return ["\n".join(row).casefold() for row in zip(*map(self.texts, self.columns), strict=True)]

    def appended(self, more: pd.DataFrame) -> TextTable:
        """These rows and more below them; what is known of these is not made again."""
        below, table = TextTable(more), TextTable(pd.concat([self.values, more]))
        table._texts = {name: np.concatenate([texts, below.texts(name)]) for name, texts in self._texts.items()}
        table._widths = {name: max(width, below.width(name)) for name, width in self._widths.items()}
        return table


def _array(column: str, values: Sequence[Any]) -> Any:
    dtype = dtype_of(column)
    if dtype == "Float64":
        missing = np.array([value is None for value in values], dtype=bool)
        return FloatingArray(np.array(values, dtype=float), missing)  # pd.array would take NaN for missing
    try:
        return pd.array(values, dtype=dtype)
    except OverflowError:  # a damaged record: no run has so many epochs
        return pd.array([None if value is None or abs(value) > _INT_MAX else value for value in values], dtype=dtype)


def _floats(cells: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Numbers with NaN for what is missing."""
    return cells.to_numpy(float, na_value=np.nan)


def _attributes(things: Sequence[Any], names: tuple[str, ...]) -> dict[str, list[Any]]:
    """The attributes of some things, by name."""
    rows = zip(*map(attrgetter(*names), things), strict=True) if things else ((),) * len(names)
    return {name: list(row) for name, row in zip(names, rows, strict=True)}


def _median(seconds: Sequence[float]) -> float | None:
    return sorted(seconds)[len(seconds) // 2] if seconds else None
