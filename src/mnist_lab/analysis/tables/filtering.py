"""Which rows of a table are meant: plain words and conditions, as a person types them.

::

    relu units>=128 val_accuracy > 97% status!=finished "out of memory"

All of it has to hold. A word, or several between quotes, stands in any cell; a condition compares a column, which may
be named by an unambiguous start, with a value.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from mnist_lab.analysis.tables.columns import (
    HIGHER_IS_BETTER,
    column_named,
    columns_starting,
    dtype_of,
    is_number,
    text_of,
)
from mnist_lab.analysis.tables.frames import TextTable
from mnist_lab.errors import UsageError

Mask: TypeAlias = npt.NDArray[np.bool_]
"""For each row whether it is meant."""

_TOKEN = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"?|(?P<sign><=|>=|!=|==|=|<|>)|(?P<word>(?:[^\s"<>=!]|!(?!=))+))')
_ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_TRUTHS = {"1": "true", "0": "false"}


@dataclass(frozen=True)
class Condition:
    """A column compared with a value. What has no value is never less or more, and equal only to ``none``."""

    column: str
    sign: str
    value: float | str

    def mask(self, table: TextTable) -> Mask:
        """The rows for which it holds."""
        cells = table.values[self.column]
        if self.sign in _ORDERS:
            return _mask(_ORDERS[self.sign](cells.str.casefold() if isinstance(self.value, str) else cells, self.value))
        return ~self._equals(table) if self.sign == "!=" else self._equals(table)

    def _equals(self, table: TextTable) -> Mask:
        """The rows whose value is the same or, of numbers, shown as the same; the case of text does not matter."""
        cells = table.values[self.column]
        missing = cells.isna().to_numpy()
        if dtype_of(self.column) == "string":
            folded = cells.str.casefold()
            equal = _mask(folded == self.value)
            if self.column == "tags":
                equal = equal | np.array([self.value in tags.split() for tags in folded], dtype=bool)
        else:
            equal = table.texts(self.column) == text_of(self.column, self.value)
            if not isinstance(self.value, str):
                equal = equal | _mask(cells == self.value)
        return ~missing & equal | missing & (self.value == "none")


@dataclass(frozen=True)
class Filter:
    """What an expression asks for.

    Attributes:
        words: Each stands in some cell; casefolded.
        conditions: Each holds.
        complaint: What is wrong with the rest of the expression, in one sentence; else empty.
        unfinished: Whether the last word could be the start of a condition.
    """

    words: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    complaint: str = ""
    unfinished: bool = False

    def mask(self, table: TextTable) -> Mask:
        """The rows that are meant."""
        mask = np.ones(len(table.values), dtype=np.bool_)
        for condition in self.conditions:
            mask &= condition.mask(table)
        for word in self.words:
            mask &= np.array([word in line for line in table.lines], dtype=bool)
        return mask

    def check(self) -> None:
        """See that all of the expression was understood.

        Raises:
            UsageError: Something was not.
        """
        if self.complaint:
            raise UsageError(self.complaint)

    def found(self, table: TextTable) -> tuple[Filter, Mask]:
        """The rows that are meant; if none are, and the last word may be the start of a condition, without that word.

        Returns:
            What was asked for in the end, and its rows.
        """
        mask = self.mask(table)
        if mask.any() or not self.unfinished:
            return self, mask
        return self.without_unfinished(), self.without_unfinished().mask(table)

    def without_unfinished(self) -> Filter:
        """What is meant if the last word is a condition not yet typed to its end."""
        return replace(
            self,
            words=self.words[:-1],
            complaint=f"No cell says {self.words[-1]}; to filter by a column, write a condition such as units>=128.",
            unfinished=False,
        )


def parse(expression: str, columns: Sequence[str]) -> Filter:
    """What an expression means for a table of these columns. What it does not understand is left out."""
    words: list[str] = []
    conditions: list[Condition] = []
    complaints: list[str] = []
    tokens = [(str(found.lastgroup), found[str(found.lastgroup)]) for found in _TOKEN.finditer(expression)]
    start = 0
    unfinished = False
    while start < len(tokens):
        (kind, text), (next_kind, sign), (value_kind, value) = (*tokens[start : start + 3], *_NOTHING)[:3]
        unfinished = False
        if kind == "sign":
            complaints.append(f"Write a column before {text}, as in units{text}128.")
            start += 1 if next_kind == "sign" else 2
        elif kind == "word" and next_kind == "sign":
            complete = value_kind in {"word", "quoted"}
            try:
                conditions.append(_condition(text, sign, value if complete else None, columns))
            except UsageError as error:
                complaints.append(str(error))
            start += 3 if complete else 2
        else:
            if text:
                words.append(text.casefold())
                unfinished = kind == "word" and bool(columns_starting(text, columns))
            start += 1
    return Filter(tuple(words), tuple(conditions), complaints[0] if complaints else "", unfinished)


_NOTHING = (("", ""), ("", ""), ("", ""))


def _condition(name: str, sign: str, value: str | None, columns: Sequence[str]) -> Condition:
    column = column_named(name, columns)
    sign = "=" if sign == "==" else sign
    if value is None:
        raise UsageError(f"Write a value after {column}{sign}.")
    if dtype_of(column) == "boolean":
        if sign in _ORDERS:
            raise UsageError(f"{column} is true or false: compare it with = or !=.")
        return Condition(column, sign, _TRUTHS.get(value, value.casefold()))
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


def _mask(holds: pd.Series[Any]) -> Mask:
    """A comparison of cells as a mask; nothing holds of a missing one."""
    return holds.to_numpy(bool, na_value=False)
