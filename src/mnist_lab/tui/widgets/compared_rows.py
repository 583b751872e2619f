"""Compared runs and recipes as rows of a grid: what differs, what stands out, the colour of those that are drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text

from mnist_lab.analysis.tables.columns import is_number
from mnist_lab.analysis.tables.query import ASKED, FileFormat, Selection
from mnist_lab.analysis.tables.recipes import JUDGED_BY
from mnist_lab.render.palette import marker, style
from mnist_lab.render.recipes import TITLES, text_frame, texts, verdict_style
from mnist_lab.render.tables import STATUS_STYLES
from mnist_lab.text import widest
from mnist_lab.tui.widgets.grid import GridColumn

if TYPE_CHECKING:
    import pandas as pd

    from mnist_lab.analysis.tables.recipe_table import RecipeSelection
    from mnist_lab.analysis.tables.run_table import RunSelection

_WIDEST = 24
ARROWS = {False: "▲", True: "▼"}
"""What stands in the head of the column that rows are ordered by, for ``Query.descending``."""


class GridRows(ABC):
    """The columns and cells of a selection. Making it takes a moment where there are many rows.

    Attributes:
        selection: What is shown.
        columns: One for each of its columns.
        slots: The marked rows by their keys, with their slots in the palette.
    """

    marked: ClassVar[str]
    """The column that bears the markers."""
    titles: ClassVar[Mapping[str, str]] = {}
    """What stands above columns that are not called by their names."""
    whole: ClassVar[Collection[str]] = ()
    """Columns that are never cut off, and stand on the left."""

    def __init__(
        self,
        selection: Selection,
        texts: Mapping[str, Sequence[str]],
        widths: Mapping[str, int],
        starred: Collection[str] = (),
    ) -> None:
        self.selection = selection
        self.slots: dict[str, int] = {}
        self._texts = texts
        self._rows = {key: row for row, key in enumerate(selection.ids)}
        self.columns = [self._column(name, widths[name], starred) for name in selection.columns]

    def cells(self, key: str) -> list[Text]:
        """The cells of a row."""
        row, slot = self._rows[key], self.slots.get(key)
        cells = []
        for name in self.selection.columns:
            text = Text(self._texts[name][row])
            if name == self.marked:
                text = Text(f"{' ' if slot is None else marker(slot)} {text}", "" if slot is None else style(slot))
            else:
                self._decorate(text, name, row, slot)
            cells.append(text)
        return cells

    @abstractmethod
    def written(self, format_: FileFormat) -> pd.DataFrame:
        """What a file of some format holds."""

    @abstractmethod
    def _decorate(self, text: Text, name: str, row: int, slot: int | None) -> None:
        """Give a cell its style, and the star it may have."""

    def _column(self, name: str, width: int, starred: Collection[str]) -> GridColumn:
        query, title = self.selection.query, self.titles.get(name, name)
        if name == query.column:
            title = f"{title} {ARROWS[query.descending]}"
        if name == self.marked:
            title, width = f"  {title}", width + 2
        if name in starred:
            title, width = f"{title} ", width + 1
        if name not in self.whole:
            width = min(_WIDEST, width)
        return GridColumn(name, title, max(len(title), width), is_number(name) and name not in self.whole)


class RunRows(GridRows):
    """Runs; the best metrics are bold and starred."""

    marked = ASKED
    selection: RunSelection

    def __init__(self, selection: RunSelection) -> None:
        super().__init__(selection, selection.texts, selection.widths, selection.best)

    def written(self, format_: FileFormat) -> pd.DataFrame:
        return self.selection.frame

    def _decorate(self, text: Text, name: str, row: int, slot: int | None) -> None:
        best = self.selection.best.get(name)
        if best is not None:
            text.append("*" if row in best else " ")
            text.stylize("bold" if row in best else "")
        elif name == "run" and slot is not None:
            text.stylize(style(slot))
        elif name == "status":
            text.stylize(STATUS_STYLES[self.selection.frame[name].iloc[row]])


class RecipeRows(GridRows):
    """Recipes with their verdicts, each column as wide as its widest cell."""

    marked = "recipe"
    titles = TITLES
    whole = (JUDGED_BY, "verdict")
    selection: RecipeSelection

    def __init__(self, selection: RecipeSelection) -> None:
        columns = {name: texts(selection, name) for name in selection.columns}
        super().__init__(selection, columns, {name: widest(cells) for name, cells in columns.items()})

    def written(self, format_: FileFormat) -> pd.DataFrame:
        return text_frame(self.selection) if format_ == "markdown" else self.selection.frame

    def _decorate(self, text: Text, name: str, row: int, slot: int | None) -> None:
        if name == "verdict":
            text.stylize(verdict_style(self.selection.recipes[row]))
