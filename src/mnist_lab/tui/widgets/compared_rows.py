"""Compared runs and recipes as rows of a grid: what differs, what stands out, the colour of those that are drawn."""

from __future__ import annotations

from rich.text import Text

from mnist_lab.analysis.tables import is_number, shown
from mnist_lab.analysis.tables.recipe_table import RecipeSelection
from mnist_lab.analysis.tables.recipes import FIGURE
from mnist_lab.analysis.tables.run_table import ASKED, Selection
from mnist_lab.render.palette import marker, style
from mnist_lab.render.recipes import title, told, verdict_style
from mnist_lab.render.tables import STATUS_STYLES
from mnist_lab.text import widest
from mnist_lab.tui.widgets.grid import Column

_WIDEST = 24
_WHOLE = (FIGURE, "verdict")
"""Columns that are never cut off."""
ARROWS = {False: "▲", True: "▼"}
"""Beside what rows are ordered by, as :attr:`~mnist_lab.analysis.tables.run_table.Query.descending` says."""


class ComparedRows:
    """The columns and cells of a selection."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self.slots: dict[str, int] = {}
        """The marked runs with their places in the palette."""

    def columns(self) -> list[Column]:
        """One for each column of the selection."""
        columns = []
        query = self._selection.query
        for name in self._selection.columns:
            title = f"{name} {ARROWS[query.descending]}" if name == query.column else name
            width = min(_WIDEST, self._selection.widths[name])
            if name == ASKED:
                title, width = f"  {title}", width + 2
            elif name in self._selection.best:
                title, width = f"{title} ", width + 1
            columns.append(Column(name, title, max(len(title), width), right=is_number(name)))
        return columns

    def cells(self, run_id: str) -> list[Text]:
        """The cells of a run."""
        place = self._selection.places[run_id]
        slot = self.slots.get(run_id)
        row = []
        for name in self._selection.columns:
            value = self._selection.cell(place, name)
            text = Text(shown(name, value))
            best = self._selection.best.get(name)
            if best is not None:
                text.append("*" if place in best else " ")
                text.stylize("bold" if place in best else "")
            elif name == ASKED:
                text = Text(f"{' ' if slot is None else marker(slot)} {value}", "" if slot is None else style(slot))
            elif name == "run" and slot is not None:
                text.stylize(style(slot))
            elif name == "status":
                text.stylize(STATUS_STYLES[value])
            row.append(text)
        return row


class RecipeRows:
    """The columns and cells of a selection of recipes. Making it takes a moment where there are many."""

    def __init__(self, selection: RecipeSelection) -> None:
        self.slots: dict[str, int] = {}
        """The marked recipes with their places in the palette."""
        self._selection = selection
        self._columns = [self._column(name) for name in selection.columns]

    def columns(self) -> list[Column]:
        """One for each column of the selection, as wide as its widest cell."""
        return self._columns

    def cells(self, key: str) -> list[Text]:
        """The cells of a recipe."""
        place = self._selection.places[key]
        slot = self.slots.get(key)
        row = []
        for name in self._selection.columns:
            text = Text(told(self._selection, place, name))
            if name == "verdict":
                text.stylize(verdict_style(self._selection.recipes[place]))
            elif name == "recipe":
                mark, colour = (" ", "") if slot is None else (marker(slot), style(slot))
                text = Text(f"{mark} {text.plain}", colour)
            row.append(text)
        return row

    def _column(self, name: str) -> Column:
        query = self._selection.query
        head = f"{title(name)} {ARROWS[query.descending]}" if name == query.column else title(name)
        width = widest([told(self._selection, place, name) for place in range(len(self._selection.recipes))])
        if name == "recipe":
            head, width = f"  {head}", width + 2
        width = width if name in _WHOLE else min(_WIDEST, width)
        return Column(name, head, max(len(head), width), right=is_number(name) and name != FIGURE)
