"""All saved runs as one table that is looked at in many ways: narrowed, ordered, kept up with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from mnist_lab.analysis import tables
from mnist_lab.analysis.tables import HIGHER_IS_BETTER, Comparison, Facts, filtering
from mnist_lab.experiments.record import Record

ASKED = "id"
"""The column that stands for the order in which runs were asked for, which is that of their ids."""

_FIRST = ("id", "run", "val_accuracy", "val_loss", "selected_on")


@dataclass(frozen=True)
class Query:
    """How the table is looked at.

    Attributes:
        expression: Which runs; see :mod:`mnist_lab.analysis.tables.filtering`.
        column: What they are ordered by.
        descending: Whether from the greatest down.
        all_columns: Also the columns in which the runs shown do not differ.
    """

    expression: str = ""
    column: str = ASKED
    descending: bool = True
    all_columns: bool = False

    def ordered_by(self, column: str) -> Query:
        """Ordered by another column, what one looks for first on top; by the same one, the other way round."""
        if column == self.column:
            return replace(self, descending=not self.descending)
        return replace(self, column=column, descending=column == ASKED or column in HIGHER_IS_BETTER)

    def sorted(self, column: str | None, columns: Sequence[str], *, reverse: bool) -> Query:
        """Ordered by what a person typed for one of some columns, or as it is; then the other way round if asked for.

        Raises:
            UsageError: There is no such column.
        """
        query = self if column is None else self.ordered_by(filtering.column_named(column, columns))
        return query.ordered_by(query.column) if reverse else query


@dataclass(frozen=True)
class Selection:
    """What a query shows.

    Attributes:
        query: It.
        ids: The runs in order, by their whole ids.
        columns: What is told of them, in order.
        best: For each figure among the columns the runs (by their place) that hold its best value.
        widths: How many cells the widest value of each of them takes, whichever runs are shown.
        complaint: What is wrong with the expression, in one sentence; else empty.
        total: How many runs there are.
    """

    query: Query
    ids: Sequence[str]
    columns: Sequence[str]
    best: dict[str, frozenset[int]]
    widths: dict[str, int]
    complaint: str
    total: int
    _rows: Sequence[int]
    _facts: Facts

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each run stands."""
        return {run_id: place for place, run_id in enumerate(self.ids)}

    def cell(self, place: int, column: str) -> Any:
        """What is told of a run."""
        return self._facts.cells(column)[self._rows[place]]

    def compared(self) -> Comparison:
        """The same as a table of its own."""
        return self._facts.beside(self._rows, self.columns)


def compared(
    records: Sequence[Record], expression: str, *, sort: str | None = None, reverse: bool = False, all_columns: bool
) -> Comparison:
    """Those of some records that an expression means side by side, as given unless an order is asked for.

    Raises:
        UsageError: The expression cannot be understood, or there is no such column to order them by.
    """
    facts = Facts(records)
    asked = filtering.parse(expression, facts.names)
    asked.check()
    rows = asked.rows(facts)
    if sort is not None:
        query = Query(column="").sorted(sort, facts.names, reverse=reverse)
        rows = ordered(rows, facts.cells(query.column), query.column, query.descending)
    elif reverse:
        rows.reverse()
    return facts.beside(rows, facts.names if all_columns else facts.telling(rows))


def ordered(rows: Sequence[int], cells: Sequence[Any], column: str, descending: bool) -> list[int]:
    """Rows by their cells of a column; what has no value comes last either way, equals stay as they were."""
    if not tables.is_number(column):
        cells = [None if cell is None else str(cell).casefold() for cell in cells]
    valued = [row for row in rows if cells[row] is not None and cells[row] == cells[row]]
    others = set(rows).difference(valued)
    return sorted(valued, key=cells.__getitem__, reverse=descending) + [row for row in rows if row in others]


class RunTable:
    """The records of a runs folder. Not for two threads at once."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._facts = Facts()
        self._orders: dict[tuple[str, bool], list[int]] = {}

    def update(self, records: Iterable[Record]) -> bool:
        """Take note of the records there are; those already known cost next to nothing while others only come.

        Returns:
            Whether they are others than before.
        """
        records = list(records)
        known = len(self._records)
        if records == self._records:
            return False
        if records[:known] != self._records:
            self._facts, known = Facts(), 0
        self._facts.add(records[known:])
        self._records, self._orders = records, {}
        return True

    def select(self, query: Query) -> Selection | None:
        """What a query shows; None where there are no records at all."""
        if not self._records:
            return None
        facts = self._facts
        asked, found = filtering.parse(query.expression, facts.names).found(facts)
        rows = self._order(query.column, query.descending)
        if len(found) < len(rows):
            kept = set(found)
            rows = [row for row in rows if row in kept]
        columns = facts.names if query.all_columns else facts.telling(rows)
        columns.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
        return Selection(
            query,
            [self._records[row].id for row in rows],
            columns,
            facts.best(rows, columns),
            {name: facts.width(name) for name in columns},
            asked.complaint,
            len(self._records),
            rows,
            facts,
        )

    def _order(self, column: str, descending: bool) -> list[int]:
        """All rows by a column; what has no value comes last either way, and the newest first among equals."""
        key = column, descending
        if key not in self._orders:
            rows = list(range(len(self._records)))[::-1]
            if column == ASKED:
                self._orders[key] = rows if descending else rows[::-1]
            else:
                self._orders[key] = ordered(rows, self._facts.cells(column), column, descending)
        return self._orders[key]
