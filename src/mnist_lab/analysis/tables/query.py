"""What is asked of a table, and what that shows: which rows, in which order, with which columns. Imports no pandas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, TypeAlias

from mnist_lab.analysis.tables.columns import HIGHER_IS_BETTER, column_named

if TYPE_CHECKING:
    import pandas as pd

FileFormat: TypeAlias = Literal["csv", "json", "markdown"]
"""How a table is written to a file; see :mod:`mnist_lab.analysis.tables.export`."""

ASKED = "id"
"""The column of a run's id, which stands for the order in which runs were asked for."""

DECLARED = "study"
"""The column of a recipe's study, which stands for the order in which studies and their arms were declared."""


@dataclass(frozen=True)
class Query:
    """How a table is looked at.

    Attributes:
        expression: Which rows; see :mod:`mnist_lab.analysis.tables.filtering`.
        column: What they are ordered by.
        descending: Whether from the greatest down.
        all_columns: Also the columns in which the rows shown do not differ.
    """

    expression: str = ""
    column: str = ASKED
    descending: bool = True
    all_columns: bool = False

    def ordered_by(self, column: str) -> Query:
        """Ordered by another column, the best or newest first where it has such; by the same one, reversed."""
        if column == self.column:
            return replace(self, descending=not self.descending)
        return replace(self, column=column, descending=column == ASKED or column in HIGHER_IS_BETTER)

    def sorted(self, column: str | None, columns: Sequence[str], *, reverse: bool) -> Query:
        """Ordered by what a person typed for one of some columns, or as it is; then reversed if asked for.

        Raises:
            UsageError: There is no such column.
        """
        query = self if column is None else self.ordered_by(column_named(column, columns))
        return query.ordered_by(query.column) if reverse else query


IN_ORDER = Query(column=DECLARED, descending=False)
"""Recipes as they were declared."""


@dataclass(frozen=True)
class Selection:
    """What a query shows of a table.

    Attributes:
        query: It.
        frame: The rows in order, indexed by their keys, with the columns that are written.
        columns: Those that a person reads, in order.
        complaint: What is wrong with the expression, in one sentence; else empty.
        total: How many rows the table has.
    """

    query: Query
    frame: pd.DataFrame
    columns: Sequence[str]
    complaint: str
    total: int

    @cached_property
    def ids(self) -> list[str]:
        """The rows by their keys."""
        return self.frame.index.tolist()
