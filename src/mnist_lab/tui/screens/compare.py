"""The compare screen: all saved runs or their recipes in one table, and the curves of those that are marked."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Footer, Static

from mnist_lab.analysis.tables.query import Query
from mnist_lab.errors import LabError
from mnist_lab.tui.messages import RunOpened
from mnist_lab.tui.screens.chart_keys import ChartKeys
from mnist_lab.tui.screens.export import ExportScreen
from mnist_lab.tui.screens.pair import PairScreen
from mnist_lab.tui.state import LabState
from mnist_lab.tui.table_models import RecipeModel, RunModel
from mnist_lab.tui.widgets.changes import set_text
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.compared_rows import ARROWS, GridRows
from mnist_lab.tui.widgets.filter_line import FilterLine
from mnist_lab.tui.widgets.grid import Grid
from mnist_lab.tui.widgets.status_line import StatusLine

MOST_MARKED = 16
"""Most curves that one chart can show distinctly."""
_NOTICE_SECONDS = 10


class CompareScreen(ChartKeys):
    """The table with its filter, and a chart below."""

    CSS_PATH = "compare.tcss"
    AUTO_FOCUS = ""  # the table has it from the first moment
    app: LabState

    HELP = (
        "All saved *runs* in one table, or one row per *recipe* with its *verdict*. Sorting and filtering change no "
        "verdict. A *filter* holds words that any cell may contain and conditions such as units>=128, "
        "activation=relu, verdict=better, status!=finished or val_accuracy>97%."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "filter"),
        Binding(
            "g", "group", "group", tooltip="Group the runs of each recipe over its seeds, with verdicts; or single runs"
        ),
        Binding("less_than_sign,comma", "column(-1)", "sort by the previous column", show=False),
        Binding(
            "greater_than_sign,full_stop", "column(1)", "sort", key_display="< >", tooltip="Sort by the next column"
        ),
        Binding("o", "reverse", "reverse the order", show=False),
        Binding("space", "mark", "mark", tooltip="Mark a run: its curve is drawn over the others"),
        Binding("u", "unmark", "unmark all", show=False),
        Binding("v", "pair", "two runs", tooltip="Compare the two marked runs"),
        Binding("d", "columns", "columns", tooltip="Only the columns that differ, or all"),
        Binding("X", "export", "export", tooltip="Export what is shown as CSV, JSON or Markdown"),
        Binding("enter", "open", "open the run", show=False),
        Binding("m", "metric", "metric", show=False),
        Binding("l", "log", "log axis", show=False),
        Binding("w", "smoothing", "smoothing", show=False),
        Binding("z", "zoom", "zoom to the last epochs", show=False),
        Binding("left", "sideways(-1)", "columns to the left", show=False),
        Binding("right", "sideways(1)", "columns to the right", show=False),
        Binding("escape", "back", "clear the filter, then home", show=False),
        Binding("c", "app.switch_mode('compare')", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._asked = asyncio.Event()
        self._runs = RunModel()
        self._recipes: RecipeModel | None = None
        self._by_recipe = False

    @property
    def table(self) -> RunModel | RecipeModel:
        """The table on show."""
        if not self._by_recipe:
            return self._runs
        if self._recipes is None:
            self._recipes = RecipeModel(self.app.store)
        return self._recipes

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield Static(id="summary")
        yield FilterLine()
        yield Grid()
        yield ChartPane()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(Grid).focus()
        self.watch(self.app, "snapshots", self._ask)
        self._keep_up()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 18, "-short")
        self.set_class(event.size.height < 8, "-flat")
        if self.table.rows is not None:
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
            snapshots, table = self.app.snapshots, self.table
            if not snapshots:
                self._show_nothing(await asyncio.to_thread(self._count))
                continue
            if table.rows is None:
                self._show_nothing(len(snapshots))
            rows = await asyncio.to_thread(table.answer, snapshots, table.query)
            if not self.query(Grid):  # the app has ended meanwhile
                return
            if table is not self.table:
                self._asked.set()
            elif rows is None:
                self._show_nothing(0, "No run has ended yet; escape shows those that train.")
            elif rows is table.rows:
                self._show_summary()
            else:
                self._show_answer(rows)

    def _count(self) -> int:
        """How many runs there are that have not been read yet."""
        try:
            return len(self.app.store.ids())
        except LabError:  # reported by the app, which reads them
            return 0

    def _show_nothing(self, runs: int, text: str = "No runs yet. Press escape, and r to make the first.") -> None:
        self.table.show(None)
        text = f"{self.table.waiting} {runs} runs …" if runs else text
        self.query_one(Grid).show((), (), lambda _: (), empty=text)
        self._show_summary()
        self._draw()

    def _show_answer(self, rows: GridRows) -> None:
        grid, before, selection = self.query_one(Grid), self.table.selection, rows.selection
        from_the_top = grid.cursor == 0 and (before is None or before.query != selection.query)
        reordered = before is None or before.query.column != selection.query.column
        self.table.show(rows)
        self.query_one(FilterLine).show_error(selection.complaint)
        self._show_rows()
        if from_the_top:
            grid.cursor = 0
        if reordered:
            grid.bring_column_into_view(selection.query.column)
        self._draw()

    def _show_rows(self) -> None:
        rows = self.table.rows
        assert rows is not None
        named = sum(column.width + 2 for column in rows.columns[:2])
        self.query_one(Grid).show(
            rows.columns,
            rows.selection.ids,
            rows.cells,
            empty="Nothing matches; escape clears the filter.",
            fixed=2 if named <= self.size.width // 2 else 0,
        )

    def _show_summary(self) -> None:
        table, parts = self.table, []
        if table.selection is not None:
            shown, total = len(table.selection.ids), table.selection.total
            parts.append(("" if shown == total else f"{shown} of ") + table.counted(total))
            parts.append(f"by {table.query.column} {ARROWS[table.query.descending]}")
        if table.marked:
            parts.append(f"{len(table.marked)} marked")
        if table.query.all_columns:
            parts.append("all columns")
        parts += table.others
        summary = Text.assemble((" COMPARE  ", "bold"), (" · ".join(parts), "dim"), no_wrap=True, overflow="ellipsis")
        set_text(self.query_one("#summary", Static), summary)

    def _draw(self) -> None:
        """Draw the marked rows, or the one under the cursor, and mark them."""
        grid = self.query_one(Grid)
        self.table.draw(self.query_one(ChartPane), self.app.snapshots, grid.cursor_key)
        grid.redraw()
        self._show_summary()

    # Which runs, in which order

    def _look(self, query: Query) -> None:
        self.table.query = query
        self._ask()

    def action_group(self) -> None:
        expression = self.table.query.expression  # stays
        self._by_recipe = not self._by_recipe
        self.table.query = replace(self.table.query, expression=expression)
        if self.table.rows is None:
            self._show_nothing(len(self.app.snapshots))
        else:
            self._show_answer(self.table.rows)
        self._ask()

    def action_filter(self) -> None:
        self.query_one(FilterLine).open()

    def on_filter_line_changed(self, event: FilterLine.Changed) -> None:
        event.stop()
        self._look(replace(self.table.query, expression=event.expression))

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
        table = self.table
        if table.selection is not None:
            columns, query = table.selection.columns, table.query
            now = columns.index(query.column) if query.column in columns else -by
            self._look(query.ordered_by(columns[(now + by) % len(columns)]))

    def action_reverse(self) -> None:
        self._look(self.table.query.ordered_by(self.table.query.column))

    def on_grid_head_pressed(self, event: Grid.HeadPressed) -> None:
        event.stop()
        self._look(self.table.query.ordered_by(event.column))

    def action_columns(self) -> None:
        self._look(replace(self.table.query, all_columns=not self.table.query.all_columns))

    def action_sideways(self, by: int) -> None:
        self.query_one(Grid).scroll_columns(by)

    # Runs

    def on_grid_row_highlighted(self, event: Grid.RowHighlighted) -> None:
        event.stop()
        self._draw()

    def on_grid_row_opened(self, event: Grid.RowOpened) -> None:
        event.stop()
        if isinstance(self.table, RecipeModel):
            self._open_recipe(self.table, event.key)
        else:
            self.post_message(RunOpened(event.key))

    def _open_recipe(self, table: RecipeModel, key: str) -> None:
        """Show the runs of a recipe, marked."""
        trainings = table.trainings(key)
        if not trainings:
            self.notify("No run of this recipe has finished.")
            return
        if len(trainings) > MOST_MARKED:
            self.notify(f"The first {MOST_MARKED} of its {len(trainings)} runs are marked.")
        self._runs.marked = trainings[:MOST_MARKED]
        self.action_group()

    def action_open(self) -> None:
        self.query_one(Grid).action_open()

    def action_mark(self) -> None:
        key, table = self.query_one(Grid).cursor_key, self.table
        if key is None:
            self.notify(f"There is no {table.noun} to mark.")
        elif key in table.marked:
            table.marked.remove(key)
        elif len(table.marked) == MOST_MARKED:
            self.notify(f"A chart shows at most {MOST_MARKED} curves; u unmarks all.")
        else:
            table.marked.append(key)
        self._draw()

    def action_unmark(self) -> None:
        self.table.marked.clear()
        self._draw()

    def action_pair(self) -> None:
        if self._by_recipe:
            self.notify("Two runs are compared as networks: g shows single runs; mark two of them with space.")
            return
        views = [self.app.snapshots[run_id] for run_id in self._runs.marked if run_id in self.app.snapshots]
        match [view for view in views if view.record is not None]:
            case [first, second]:
                self.app.push_screen(PairScreen(first, second))
            case _:
                self.notify("Mark two runs with space, then v compares them.")

    # Export

    @work
    async def action_export(self) -> None:
        rows = self.table.rows
        if rows is None or not rows.selection.ids:
            self.notify("There is nothing to export.")
            return
        count = self.table.counted(len(rows.selection.ids))
        format_ = await self.app.push_screen_wait(ExportScreen(count, len(rows.selection.columns)))
        if format_ is None:
            return

        def write() -> Path:
            from mnist_lab.analysis.tables import export

            return export.save(rows.written(format_), format_, Path(), datetime.now(UTC))

        try:
            path = await asyncio.to_thread(write)
        except LabError as error:
            self.notify(str(error), severity="error", timeout=_NOTICE_SECONDS)
        else:
            self.notify(f"Written to {path}", timeout=_NOTICE_SECONDS)
