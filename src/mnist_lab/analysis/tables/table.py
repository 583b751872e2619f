"""Records side by side: any choice and order of them, the columns that tell them apart, the best figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mnist_lab.analysis.tables.facts import FIGURES, LOWER_IS_BETTER, all_shown, columns_of
from mnist_lab.experiments.record import Record
from mnist_lab.store.ids import short_ends
from mnist_lab.text import widest

if TYPE_CHECKING:
    import pandas as pd

_ALWAYS = ("id", "run", "val_loss", "val_accuracy")
_CLOCK = ("started_at", "seconds")


@dataclass(frozen=True)
class Comparison:
    """Runs, or recipes, side by side.

    Attributes:
        columns: For each fact one cell a row, in the order given; accuracies are fractions, times seconds.
        best: For each figure among the columns the rows (positions) that hold its best value.
        of: What a row is.
    """

    columns: Mapping[str, Sequence[Any]]
    best: Mapping[str, frozenset[int]]
    of: Literal["runs", "recipes"] = "runs"

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The columns as a pandas table."""
        import pandas as pd

        return pd.DataFrame(self.columns, dtype=object)  # else None turns into NaN, and whole numbers into floats


def table(records: Sequence[Record], *, all_columns: bool = False) -> Comparison:
    """Put records side by side.

    Args:
        records: At least one.
        all_columns: Keep also the columns in which the records do not differ.
    """
    facts = Facts(records)
    rows = range(len(records))
    return facts.beside(rows, facts.names if all_columns else facts.telling(rows))


class Facts:
    """What is told of many records, ready to be put side by side in any choice and order of them.

    More records can be added; the rows of those that are there stay theirs.
    """

    def __init__(self, records: Sequence[Record] = ()) -> None:
        self._columns = {name: _Column(name) for name in columns_of(())}
        self._ids: list[str] = []
        self._lines: list[str] = []
        self.add(records)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, records: Sequence[Record]) -> None:
        """Put records below the others."""
        self._ids += [record.id for record in records]
        for name, cells in columns_of(records).items():
            if name != "id":
                self._columns[name].cells += cells
        ends, known = short_ends(self._ids), self._columns["id"]
        shorts = [ends[run_id] for run_id in self._ids]
        if shorts[: len(known.cells)] != known.cells:  # a new id has the end of an old one
            known = self._columns["id"] = _Column("id")
        known.cells += shorts[len(known.cells) :]
        self._lines = []

    @property
    def names(self) -> list[str]:
        """The columns there are."""
        return list(self._columns)

    def cells(self, name: str) -> Sequence[Any]:
        """A column from top to bottom."""
        return self._columns[name].cells

    def width(self, name: str) -> int:
        """How many cells of a terminal the widest value of a column takes as it is shown."""
        return self._columns[name].width()

    def lines(self) -> Sequence[str]:
        """For each record all that is told of it in small letters, a fact a line."""
        if not self._lines:
            texts = [column.texts() for column in self._columns.values()]
            self._lines = ["\n".join(row).casefold() for row in zip(*texts, strict=True)]
        return self._lines

    def beside(self, rows: Sequence[int], names: Sequence[str]) -> Comparison:
        """The records of these rows, in this order, with these columns."""
        columns = {name: [self._columns[name].cells[row] for row in rows] for name in names}
        return Comparison(columns, self.best(rows, names))

    def telling(self, rows: Sequence[int]) -> list[str]:
        """The columns that tell the records of these rows apart, and those that are always wanted."""
        return [name for name in self._columns if name in _ALWAYS or self._tells(name, rows)]

    def best(self, rows: Sequence[int], names: Sequence[str]) -> dict[str, frozenset[int]]:
        """For each figure among the columns, which of ``rows`` (counted along them) hold its best value."""
        return {
            name: _best([self._columns[name].cells[row] for row in rows], name) for name in FIGURES if name in names
        }

    def _tells(self, name: str, rows: Sequence[int]) -> bool:
        """Whether a column tells rows apart: its values differ, wherever there are any, and not only by the clock.

        What was selected on the test set is told wherever anything was.
        """
        if name in _CLOCK:
            return False
        if name == "selected_on":
            return any(self._columns[name].cells[row] for row in rows)
        cells = self._columns[name].cells
        if not rows or cells.count(cells[rows[0]]) == len(cells):  # as of most columns, and quickly said
            return False
        if name == "test_accuracy":
            validation = self._columns["val_accuracy"].cells
            if all(_same(cells[row], validation[row]) for row in rows):
                return False
        known = None
        for row in rows:
            cell = cells[row]
            if cell is None or cell == known:
                continue
            if cell != cell:  # that a figure is not a number is worth telling
                cell = "NaN" if name in FIGURES else known
            if known not in (None, cell):
                return True
            known = cell
        return False


class _Column:
    """Cells that grow in number, and how they are shown once that is asked for."""

    def __init__(self, name: str) -> None:
        self.cells: list[Any] = []
        self._name = name
        self._texts: list[str] = []
        self._width = 0

    def texts(self) -> Sequence[str]:
        """Each cell as it is shown."""
        new = all_shown(self._name, self.cells[len(self._texts) :])
        self._texts += new
        self._width = max(self._width, widest(new))
        return self._texts

    def width(self) -> int:
        """The most cells of a terminal that a text takes."""
        self.texts()
        return self._width


def _same(one: float | None, other: float | None) -> bool:
    """Whether two figures are equal, or both are none."""
    return one == other or all(figure is None or math.isnan(figure) for figure in (one, other))


def _best(values: Sequence[float | None], name: str) -> frozenset[int]:
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < 2:
        return frozenset()
    best = min(known) if name in LOWER_IS_BETTER else max(known)
    return frozenset(place for place, value in enumerate(values) if value == best)
