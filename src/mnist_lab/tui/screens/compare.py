"""The compare screen: all saved runs in one table, and the curves of those that are marked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Footer, Static

from mnist_lab.comparison import export
from mnist_lab.comparison.run_table import Query, RunTable, Selection
from mnist_lab.errors import LabError
from mnist_lab.following import RunView
from mnist_lab.tui import colours
from mnist_lab.tui.messages import RunOpened
from mnist_lab.tui.screens.export import ExportScreen
from mnist_lab.tui.widgets.changes import tell
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.compared_rows import ARROWS, ComparedRows
from mnist_lab.tui.widgets.filter_line import FilterLine
from mnist_lab.tui.widgets.grid import Grid
from mnist_lab.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from mnist_lab.tui.app import LabApp

_MOST_MARKED = 16
"""Curves that can be told apart."""
_TOLD_SECONDS = 10


class CompareScreen(Screen[None]):
    """The table with its filter, and a chart below."""

    CSS_PATH = "compare.tcss"
    app: LabApp

    HELP = (
        "All saved runs side by side. A filter is made of words that stand in any cell and of conditions such as "
        "units>=128, activation=relu, status!=finished or val_accuracy>97%."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter"),
        Binding("less_than_sign,comma", "column(-1)", "order by the column before", show=False),
        Binding(
            "greater_than_sign,full_stop", "column(1)", "order", key_display="< >", tooltip="Order by the next column"
        ),
        Binding("o", "turn", "turn the order round", show=False),
        Binding("space", "mark", "mark", tooltip="Mark a run: its curve is drawn over the others"),
        Binding("u", "unmark", "unmark all", show=False),
        Binding("d", "columns", "columns", tooltip="Only the columns that differ, or all"),
        Binding("X", "export", "export", tooltip="Export what is shown as CSV, JSON or Markdown"),
        Binding("enter", "open", "open the run", show=False),
        Binding("m", "metric", "figure", show=False),
        Binding("l", "log", "log axis", show=False),
        Binding("left", "sideways(-1)", "columns to the left", show=False),
        Binding("right", "sideways(1)", "columns to the right", show=False),
        Binding("escape", "back", "clear the filter, then home", show=False),
        Binding("c", "app.switch_mode('compare')", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._query = Query()
        self._asked = asyncio.Event()
        self._table: RunTable | None = None
        self._selection: Selection | None = None
        self._rows: ComparedRows | None = None
        self._marked: list[str] = []
        self._known: dict[str, RunView] = {}
        self._others: list[str] = []

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield Static(id="summary")
        yield FilterLine()
        yield Grid()
        yield ChartPane()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(Grid).focus()
        self.watch(self.app, "views", self._ask)
        self.watch(self.app, "machine", self._show_machine)
        self.watch(self.app, "worker", self._show_machine)
        self._keep_up()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 18, "-short")
        self.set_class(event.size.height < 8, "-flat")
        if self._selection is not None:
            self._show_rows()

    def on_screen_resume(self) -> None:
        self._ask()

    # What is shown

    def _ask(self) -> None:
        """Have the table answer anew, unless nobody sees it."""
        if self.is_current:
            self._asked.set()

    @work
    async def _keep_up(self) -> None:
        """Answer what is asked off the event loop; what is asked meanwhile is answered once, afterwards."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            views, query = self.app.views, self._query
            if not views:
                self._show_nothing(await asyncio.to_thread(self._count))
                continue
            if self._table is None:
                self._show_nothing(len(views))
            selection = await asyncio.to_thread(self._select, views, query)
            if selection is None:
                self._show_nothing(0, "No run has ended yet; g shows those that train.")
            elif selection is self._selection:
                self._show_summary()
            else:
                self._show_selection(selection)

    def _count(self) -> int:
        """How many runs there are that have not been read yet."""
        try:
            return len(self.app.store.ids())
        except LabError:  # told by the app, which reads them
            return 0

    def _select(self, views: dict[str, RunView], query: Query) -> Selection | None:
        """What the query shows; the very same as before where neither the records nor the query are others."""
        table = self._table or RunTable()
        changed = False
        if views is not self._known:
            changed = table.update(view.record for view in views.values() if view.record is not None)
            others = [view for view in views.values() if view.record is None]
            lost = sum(view.ended for view in others)
            live = len(others) - lost
            self._others = [f"{live} to come"] * bool(live) + [f"{lost} without a record"] * bool(lost)
            self._known = views
        self._table = table
        shown = self._selection
        return shown if shown is not None and shown.query == query and not changed else table.select(query)

    def _show_nothing(self, reading: int, told: str = "No runs yet. Press g, and r to make the first.") -> None:
        self._selection = self._rows = None
        text = f"reading {reading} runs …" if reading else told
        self.query_one(Grid).show((), (), lambda _: (), empty=text)
        self._show_summary()
        self._draw()

    def _show_selection(self, selection: Selection) -> None:
        grid = self.query_one(Grid)
        asked_otherwise = self._selection is None or self._selection.query != selection.query
        from_the_top = grid.cursor == 0 and asked_otherwise
        reordered = self._selection is None or self._selection.query.column != selection.query.column
        self._selection, self._rows = selection, ComparedRows(selection)
        self.query_one(FilterLine).tell(selection.complaint)
        self._show_rows()
        if from_the_top:
            grid.cursor = 0
        if reordered:
            grid.bring_column_into_view(selection.query.column)
        self._draw()

    def _show_rows(self) -> None:
        assert self._rows is not None
        assert self._selection is not None
        columns = self._rows.columns()
        named = sum(column.width + 2 for column in columns[:2])
        self.query_one(Grid).show(
            columns,
            self._selection.ids,
            self._rows.cells,
            empty="Nothing matches; escape clears the filter.",
            fixed=2 if named <= self.size.width // 2 else 0,
        )

    def _show_summary(self) -> None:
        parts = []
        if self._selection is not None:
            shown, total = len(self._selection.ids), self._selection.total
            parts.append(("" if shown == total else f"{shown} of ") + ("1 run" if total == 1 else f"{total} runs"))
            parts.append(f"by {self._query.column} {ARROWS[self._query.descending]}")
        if self._marked:
            parts.append(f"{len(self._marked)} marked")
        if self._query.all_columns:
            parts.append("all columns")
        parts += self._others
        summary = Text.assemble((" COMPARE  ", "bold"), (" · ".join(parts), "dim"), no_wrap=True, overflow="ellipsis")
        tell(self.query_one("#summary", Static), summary)

    def _draw(self) -> None:
        """Draw the marked runs, or the one under the cursor, and mark their rows."""
        views = self.app.views
        self._marked = [run_id for run_id in self._marked if run_id in views]
        under_cursor = self.query_one(Grid).cursor_key
        drawn = [views[run_id] for run_id in self._marked or [under_cursor or ""] if run_id in views]
        slots = colours.distinct_slots(drawn)
        if self._rows is not None:
            self._rows.slots = slots if self._marked else {}
        self.query_one(ChartPane).draw(drawn, slots, _labels(drawn), under_cursor)
        self.query_one(Grid).redraw()
        self._show_summary()

    def _show_machine(self) -> None:
        line = self.query_one(StatusLine)
        line.machine, line.worker = self.app.machine, self.app.worker

    # Which runs, in which order

    def _look(self, query: Query) -> None:
        self._query = query
        self._ask()

    def action_filter(self) -> None:
        self.query_one(FilterLine).open()

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        event.stop()
        self._look(replace(self._query, expression=event.expression))

    def on_filter_line_left(self, event: FilterLine.Left) -> None:
        event.stop()
        self.set_focus(self.query_one(Grid))

    def action_back(self) -> None:
        line = self.query_one(FilterLine)
        if not line.is_open:
            self.app.switch_mode("home")
            return
        line.close()
        self.set_focus(self.query_one(Grid))

    def action_column(self, by: int) -> None:
        if self._selection is not None:
            columns = self._selection.columns
            now = columns.index(self._query.column) if self._query.column in columns else -by
            self._look(self._query.ordered_by(columns[(now + by) % len(columns)]))

    def action_turn(self) -> None:
        self._look(self._query.ordered_by(self._query.column))

    def on_grid_head_pressed(self, event: Grid.HeadPressed) -> None:
        event.stop()
        self._look(self._query.ordered_by(event.column))

    def action_columns(self) -> None:
        self._look(replace(self._query, all_columns=not self._query.all_columns))

    def action_sideways(self, by: int) -> None:
        self.query_one(Grid).scroll_columns(by)

    # Runs

    def on_grid_row_highlighted(self, event: Grid.RowHighlighted) -> None:
        event.stop()
        self._draw()

    def on_grid_row_opened(self, event: Grid.RowOpened) -> None:
        event.stop()
        self.post_message(RunOpened(event.key))

    def action_open(self) -> None:
        self.query_one(Grid).action_open()

    def action_mark(self) -> None:
        run_id = self.query_one(Grid).cursor_key
        if run_id is None:
            self.notify("There is no run to mark.")
        elif run_id in self._marked:
            self._marked.remove(run_id)
        elif len(self._marked) == _MOST_MARKED:
            self.notify(f"No more than {_MOST_MARKED} curves can be told apart; u unmarks all.")
        else:
            self._marked.append(run_id)
        self._draw()

    def action_unmark(self) -> None:
        self._marked.clear()
        self._draw()

    # The chart

    def action_metric(self) -> None:
        chart = self.query_one(ChartPane)
        chart.look = chart.look.next_metric()

    def action_log(self) -> None:
        chart = self.query_one(ChartPane)
        chart.look = chart.look.turn_log()

    # Export

    @work
    async def action_export(self) -> None:
        selection = self._selection
        if selection is None or not selection.ids:
            self.notify("There is nothing to export.")
            return
        format_ = await self.app.push_screen_wait(ExportScreen(len(selection.ids), len(selection.columns)))
        if format_ is None:
            return
        try:
            path = await asyncio.to_thread(_write, selection, format_)
        except LabError as error:
            self.notify(str(error), severity="error", timeout=_TOLD_SECONDS, markup=False)
        else:
            self.notify(f"Written to {path}", timeout=_TOLD_SECONDS, markup=False)


def _write(selection: Selection, format_: export.Format) -> Path:
    return export.save(selection.compared(), format_, Path(), datetime.now(UTC))


def _labels(views: list[RunView]) -> dict[str, str]:
    """What to call runs beside each other: with the seed, and then the id, where it takes that to tell them apart."""
    labels = {view.id: view.label for view in views}
    seeds = {view.id: f"s{view.experiment.seed}" if view.experiment else "" for view in views}
    for further in (seeds, {view.id: view.id[-6:] for view in views}):
        names = list(labels.values())
        labels = {key: f"{label} {further[key]}" if names.count(label) > 1 else label for key, label in labels.items()}
    return labels
