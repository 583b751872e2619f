"""Compared runs as rows of a grid: what differs, the best figures, and the colour of those that are drawn."""

from __future__ import annotations

from rich.text import Text

from mnist_lab.comparison import is_number, shown
from mnist_lab.comparison.run_table import ASKED, Selection
from mnist_lab.render.palette import marker, style
from mnist_lab.render.tables import STATUS_STYLES
from mnist_lab.tui.widgets.grid import Column

_WIDEST = 24
ARROWS = {False: "▲", True: "▼"}
"""Beside what rows are ordered by, as :attr:`~mnist_lab.comparison.run_table.Query.descending` says."""


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
