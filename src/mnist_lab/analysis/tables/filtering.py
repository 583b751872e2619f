"""Which rows of a comparison are meant: plain words and conditions, as a person types them.

::

    relu units>=128 val_accuracy > 97% status!=finished "out of memory"

All of it has to hold. A word, or several between quotes, stands in any cell; a condition compares a column, which may
be named by an unambiguous start, with a value.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from mnist_lab.analysis.tables.facts import HIGHER_IS_BETTER, is_number, text_of
from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import FIELDS

_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"?|(?P<sign><=|>=|!=|==|=|<|>)|(?P<word>(?:[^\s"<>=!]|!(?!=))+))')
_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Cells(Protocol):
    """A table that is filtered."""

    def __len__(self) -> int:
        """How many rows it has."""

    def cells(self, name: str) -> Sequence[Any]:
        """A column from top to bottom."""

    def lines(self) -> Sequence[str]:
        """For each row all that is told in it, in small letters, a cell a line."""


@dataclass(frozen=True)
class Condition:
    """A column compared with a value. What has no value is never less or more, and equal only to ``none``."""

    column: str
    sign: str
    value: float | str

    def holds(self, cell: Any) -> bool:
        """Whether it holds for a cell of the column."""
        if self.sign in _ORDERS:
            if cell is None:
                return False
            if isinstance(self.value, str):
                cell = str(cell).casefold()
            return bool(_ORDERS[self.sign](cell, self.value))
        return self._equals(cell) == (self.sign != "!=")

    def _equals(self, cell: Any) -> bool:
        if cell is None:
            return self.value == "none"
        if isinstance(self.value, str):
            shown = text_of(self.column, cell).casefold()
            return shown == self.value or (self.column == "tags" and self.value in shown.split())
        return bool(cell == self.value) or text_of(self.column, cell) == text_of(self.column, self.value)


@dataclass(frozen=True)
class Filter:
    """What an expression asks for.

    Attributes:
        words: Each stands in some cell; in small letters.
        conditions: Each holds.
        complaint: What is wrong with the rest of the expression, in one sentence; else empty.
        unfinished: Whether the last word could be the start of a condition.
    """

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    complaint: str = ""
    unfinished: bool = False

    def rows(self, facts: Cells) -> list[int]:
        """The positions of the rows that are meant."""
        found: Sequence[int] = range(len(facts))
        for condition in self.conditions:
            cells = facts.cells(condition.column)
            known: dict[Any, bool] = {}  # most columns have few values
            kept = []
            for row in found:
                cell = cells[row]
                if cell not in known:
                    known[cell] = condition.holds(cell)
                if known[cell]:
                    kept.append(row)
            found = kept
        for word in self.words:
            lines = facts.lines()
            found = [row for row in found if word in lines[row]]
        return list(found)

    def check(self) -> None:
        """See that all of the expression was understood.

        Raises:
            UsageError: Something was not.
        """
        if self.complaint:
            raise UsageError(self.complaint)

    def found(self, facts: Cells) -> tuple[Filter, list[int]]:
        """The rows that are meant; if none are, and the last word may be the start of a condition, without that word.

        Returns:
            What was asked for in the end, and the positions of its rows.
        """
        rows = self.rows(facts)
        if rows or not self.unfinished:
            return self, rows
        return self.without_unfinished(), self.without_unfinished().rows(facts)

    def without_unfinished(self) -> Filter:
        """What is meant if the last word is a condition not yet typed to its end."""
        return replace(
            self,
            words=self.words[:-1],
            complaint=f"No cell says {self.words[-1]}; to compare a column, go on as in units>=128.",
            unfinished=False,
        )


def parse(expression: str, columns: Sequence[str]) -> Filter:
    """What an expression means for a table of these columns. What cannot be understood is told and left out."""
    words: list[str] = []
    conditions: list[Condition] = []
    complaints: list[str] = []
    tokens = [(str(found.lastgroup), found[str(found.lastgroup)]) for found in _TOKEN.finditer(expression)]
    place = 0
    unfinished = False
    while place < len(tokens):
        (kind, text), (next_kind, sign), (value_kind, value) = (*tokens[place : place + 3], *_NOTHING)[:3]
        unfinished = False
        if kind == "sign":
            complaints.append(f"Write a column before {text}, as in units{text}128.")
            place += 1 if next_kind == "sign" else 2
        elif kind == "word" and next_kind == "sign":
            complete = value_kind in {"word", "quoted"}
            try:
                conditions.append(_condition(text, sign, value if complete else None, columns))
            except UsageError as error:
                complaints.append(str(error))
            place += 3 if complete else 2
        else:
            if text:
                words.append(text.casefold())
                unfinished = kind == "word" and bool(_starting(text, columns))
            place += 1
    return Filter(tuple(words), tuple(conditions), complaints[0] if complaints else "", unfinished)


_NOTHING = (("", ""), ("", ""), ("", ""))


def _condition(name: str, sign: str, value: str | None, columns: Sequence[str]) -> Condition:
    column = column_named(name, columns)
    sign = "=" if sign == "==" else sign
    if value is None:
        raise UsageError(f"Write a value after {column}{sign}.")
    if column in FIELDS and FIELDS[column].kind is bool:
        if sign in _ORDERS:
            raise UsageError(f"{column} is true or false: compare it with = or !=.")
        return Condition(column, sign, value.casefold())
    if not is_number(column) or (value.casefold() == "none" and sign not in _ORDERS):
        return Condition(column, sign, value.casefold())
    return Condition(column, sign, _number(column, value))


def _number(column: str, text: str) -> float:
    """A number as typed for a column; accuracies may be in percent, with the sign or without."""
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        raise UsageError(f"{column} is a number; {text!r} is not.") from None
    in_percent = text.endswith("%") or (column in HIGHER_IS_BETTER and number > 1)
    return round(number / 100, 15) if in_percent else number  # 97.9 / 100 is a little more than 0.979


def column_named(name: str, columns: Sequence[str]) -> str:
    """The column of that name, or with the only name that starts so.

    Raises:
        UsageError: There is none, or there are several.
    """
    if name.lower() in columns:
        return name.lower()
    starting = _starting(name, columns)
    if len(starting) == 1:
        return starting[0]
    if starting:
        raise UsageError(f"{name} could be {' or '.join(starting)}.")
    near = difflib.get_close_matches(name.lower(), columns, n=1, cutoff=0.6)
    raise UsageError(f"There is no column {name!r}." + (f" Did you mean {near[0]}?" if near else ""))


def _starting(name: str, columns: Sequence[str]) -> list[str]:
    return [column for column in columns if column.startswith(name.lower())]
