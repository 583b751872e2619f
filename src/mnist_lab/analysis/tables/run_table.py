"""All saved runs as one table that is filtered, ordered and kept up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from mnist_lab.analysis.tables import filtering
from mnist_lab.analysis.tables.frames import TextTable, best_rows, differing, ordered, runs_frame
from mnist_lab.analysis.tables.query import ASKED, Query, Selection
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.sections import arm_of, section
from mnist_lab.store.ids import short_ends

_FIRST = ("id", "run", "val_accuracy", "val_loss", "selected_on")


@dataclass(frozen=True)
class RunSelection(Selection):
    """Runs.

    Attributes:
        texts: The shown columns as a person reads them.
        widths: How many cells the widest text of each takes, whichever runs are shown.
        best: For each metric among the columns the runs (by their position) that hold its best value.
    """

    texts: Mapping[str, list[str]]
    widths: Mapping[str, int]
    best: Mapping[str, frozenset[int]]


def compared(
    records: Sequence[Record],
    expression: str = "",
    *,
    sort: str | None = None,
    reverse: bool = False,
    all_columns: bool = False,
) -> pd.DataFrame:
    """Those of some records that an expression means, as given unless an order is asked for.

    Args:
        records: Any; the same one twice is two rows.
        expression: See :mod:`mnist_lab.analysis.tables.filtering`.
        sort: What to order them by, as a person types it.
        reverse: Whether to turn that order round.
        all_columns: Whether to keep the columns in which they do not differ.

    Raises:
        UsageError: The expression cannot be understood, or there is no such column to order them by.
    """
    table = TextTable(runs_frame(records))
    asked = filtering.parse(expression, table.columns)
    asked.check()
    frame = table.values[asked.mask(table)]
    if sort is not None:
        query = Query(column="").sorted(sort, table.columns, reverse=reverse)
        frame = ordered(frame, query.column, descending=query.descending)
    elif reverse:
        frame = frame[::-1]
    return frame if all_columns else frame[differing(frame)]


def of_section(records: Iterable[Record], name: str) -> list[Record]:
    """The records that answer a section's question: those of its experiments, whatever seed, epochs and protocol.

    Raises:
        UsageError: There is no such section.
    """
    wanted = section(name)
    return [record for record in records if arm_of(wanted, record.experiment) is not None]


class RunTable:
    """The records of a runs folder. Not for two threads at once."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._table = TextTable(runs_frame(()))

    def update(self, records: Iterable[Record]) -> bool:
        """Take note of the records there are; those already known cost next to nothing while others only come.

        Returns:
            Whether they are others than before.
        """
        records = list(records)
        if records == self._records:
            return False
        known = len(self._records)
        if not known or records[:known] != self._records or not self._append(records[known:]):
            self._table = TextTable(runs_frame(records))
        self._records = records
        return True

    def _append(self, records: Sequence[Record]) -> bool:
        """Put records below the others, unless an id that is known could be taken for one of theirs."""
        ends = short_ends([record.id for record in records])
        length = min(map(len, ends.values()))
        if not {end[-length:] for end in ends.values()}.isdisjoint(key[-length:] for key in self._table.values.index):
            return False
        self._table = self._table.appended(runs_frame(records, ends))
        return True

    def select(self, query: Query) -> RunSelection | None:
        """What a query shows, the newest first among equals; None where there are no records at all."""
        if not self._records:
            return None
        table = self._table
        asked, mask = filtering.parse(query.expression, table.columns).found(table)
        frame = table.values[mask][::-1]
        if query.column != ASKED:
            frame = ordered(frame, query.column, descending=query.descending)
        elif not query.descending:
            frame = frame[::-1]
        columns = table.columns if query.all_columns else differing(frame)
        columns.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
        frame = frame[columns]
        rows = table.values.index.get_indexer(frame.index)
        texts = {name: table.texts(name)[rows].tolist() for name in columns}
        widths = {name: table.width(name) for name in columns}
        total = len(table.values)
        return RunSelection(query, frame, columns, asked.complaint, total, texts, widths, best_rows(frame))
