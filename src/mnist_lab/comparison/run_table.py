"""All saved runs as one table that is looked at in many ways: narrowed, ordered, kept up with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from rich.cells import cell_len

from mnist_lab import comparison
from mnist_lab.comparison import HIGHER_IS_BETTER, Comparison, Facts, filtering
from mnist_lab.record import Record
from mnist_lab.text import one_line

ASKED = "id"
"""The column that stands for the order in which runs were asked for, which is that of their ids."""

_FIRST = ("id", "run", "val_accuracy", "val_loss")


@dataclass(frozen=True)
class Query:
    """How the table is looked at.

    Attributes:
        expression: Which runs; see :mod:`mnist_lab.comparison.filtering`.
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


@dataclass(frozen=True)
class Selection:
    """What a query shows.

    Attributes:
        query: It.
        ids: The runs in order, by their whole ids.
        columns: What is told of them, in order.
        best: For each figure among the columns the runs (by their place) that hold its best value.
        widths: How many cells the widest value of each column takes.
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
        return self._facts.frame[column].iat[self._rows[place]]

    def compared(self) -> Comparison:
        """The same as a table of its own."""
        return Comparison(self._facts.frame[list(self.columns)].iloc[list(self._rows)], self.best)


@dataclass(frozen=True)
class _Row:
    record: Record
    facts: dict[str, Any]
    text: str
    """Its cells in small letters, one a line, without its id."""


def shown(column: str, value: Any) -> str:
    """A cell as it is shown: one line."""
    text = comparison.text_of(column, value)
    return _one_line(text) if isinstance(value, str) else text


_one_line = lru_cache(maxsize=4096)(one_line)


class RunTable:
    """The records of a runs folder. Not for two threads at once."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._rows: dict[str, _Row] = {}
        self._ids: list[str] = []
        self._texts: list[str] = []
        self._facts = Facts([])
        self._widths: dict[str, int] = {}
        self._orders: dict[tuple[str, bool], list[int]] = {}

    def update(self, records: Iterable[Record]) -> None:
        """Take note of the records there are; those already known cost next to nothing."""
        records = list(records)
        if records == self._records:
            return
        rows = {}
        for record in records:
            known = self._rows.get(record.id)
            rows[record.id] = known if known is not None and known.record is record else self._row(record)
        self._records, self._rows, self._ids, self._orders = records, rows, list(rows), {}
        self._facts = Facts([row.facts for row in rows.values()])
        shorts = self._facts.frame["id"].to_list()
        self._texts = [short.lower() + row.text for short, row in zip(shorts, rows.values(), strict=True)]
        self._widths["id"] = max(map(len, shorts), default=0)

    def select(self, query: Query) -> Selection | None:
        """What a query shows; None where there are no records at all."""
        if not self._ids:
            return None
        asked = filtering.parse(query.expression, list(self._facts.frame.columns))
        found = asked.rows(self._facts.frame, self._texts)
        if not found and asked.unfinished:
            asked = asked.without_unfinished()
            found = asked.rows(self._facts.frame, self._texts)
        kept = set(found)
        rows = [row for row in self._order(query.column, query.descending) if row in kept]
        columns = list(self._facts.frame.columns) if query.all_columns else self._facts.telling(rows)
        columns.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
        return Selection(
            query,
            [self._ids[row] for row in rows],
            columns,
            self._facts.best(rows, columns),
            dict(self._widths),
            asked.complaint,
            len(self._ids),
            rows,
            self._facts,
        )

    def _row(self, record: Record) -> _Row:
        facts = comparison.facts_of(record)
        texts = [""]
        for name, value in facts.items():
            if name != ASKED:
                text = shown(name, value)
                texts.append(text)
                self._widths[name] = max(self._widths.get(name, 0), cell_len(text))
        return _Row(record, facts, "\n".join(texts).casefold())

    def _order(self, column: str, descending: bool) -> list[int]:
        """All rows by a column; what has no value comes last either way, and the newest first among equals."""
        key = column, descending
        if key not in self._orders:
            newest_first = list(range(len(self._ids)))[::-1]
            if column == ASKED:
                self._orders[key] = newest_first if descending else newest_first[::-1]
            else:
                cells = self._facts.frame[column]
                if not comparison.is_number(column):
                    cells = cells.map(lambda cell: None if cell is None else str(cell).casefold())
                ordered = cells.iloc[newest_first].sort_values(
                    ascending=not descending, kind="stable", na_position="last"
                )
                self._orders[key] = ordered.index.to_list()
        return self._orders[key]
