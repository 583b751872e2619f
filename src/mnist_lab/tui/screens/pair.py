"""The screen of two runs: the differences of their recipes, and the images that they predict differently."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Footer, Static

from mnist_lab.analysis.statistics import networks
from mnist_lab.analysis.tables import pair
from mnist_lab.analysis.tables.pair import Answered
from mnist_lab.errors import LabError
from mnist_lab.experiments.record import Record
from mnist_lab.formatting import percent
from mnist_lab.render.palette import marker, style
from mnist_lab.render.tables import STATUS_STYLES
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui import colours
from mnist_lab.tui.state import LabState
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.flips_pane import FlipsPane
from mnist_lab.tui.widgets.page import Page
from mnist_lab.tui.widgets.status_line import StatusLine
from mnist_lab.tui.widgets.tab_line import TabLine

TABS = ("Overview", "Only first right", "Only second right", "Both wrong")
_OVERVIEW = 0
_OVERVIEW_ACTIONS = frozenset({"metric", "log"})
_READING = "Reading the predictions."


class PairScreen(Screen[None]):
    """Two ended runs versus each other, as recipes and as trained networks."""

    CSS_PATH = "pair.tcss"
    AUTO_FOCUS = ""
    app: LabState

    HELP = (
        "Two runs: what differs in their *recipes*, their curves, and the *flips*: the images that only one of the two "
        "networks predicts correctly. The test here is of two trained networks; recipes take several *seeds*."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(number), f"tab({number - 1})", title, show=False) for number, title in enumerate(TABS, 1)),
        Binding("tab", "turn(1)", "next page", key_display="tab"),
        Binding("shift+tab", "turn(-1)", "previous page", show=False),
        Binding("left", "move(-1)", "move", key_display="←↑↓→", tooltip="Scroll the images or the text"),
        Binding("right", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pagedown", "page(1)", "next images", show=False),
        Binding("pageup", "page(-1)", "previous images", show=False),
        Binding("m", "metric", "metric"),
        Binding("l", "log", "log axis", show=False),
        Binding("z", "zoom", "zoom", tooltip="Images larger or smaller"),
        Binding("escape,enter", "back", "back"),
    ]

    def __init__(self, first: RunSnapshot, second: RunSnapshot) -> None:
        super().__init__()
        assert first.record is not None
        assert second.record is not None
        self.snapshots = first, second
        self.records = first.record, second.record
        self.names = pair.names(*self.records)
        self.tab = _OVERVIEW
        self._slots = colours.distinct_slots(self.snapshots)
        self._predictions: Answered | str = _READING

    def compose(self) -> ComposeResult:
        yield StatusLine()
        yield TabLine(TABS)
        for snapshot, record, name in zip(self.snapshots, self.records, self.names, strict=True):
            yield Static(_head(record, name, self._slots[snapshot.id]), classes="head")
        with ContentSwitcher(initial="overview"):
            with Container(id="overview"):
                yield Page(id="text")
                yield ChartPane()
            yield FlipsPane([self._slots[snapshot.id] for snapshot in self.snapshots], id="digits")
        yield Footer()

    def on_mount(self) -> None:
        labels = {snapshot.id: name for snapshot, name in zip(self.snapshots, self.names, strict=True)}
        self.query_one(ChartPane).draw(self.snapshots, self._slots, labels, None)
        self._show()
        self._compare()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.height < 16, "-short")

    # What is shown

    @work
    async def _compare(self) -> None:
        """Read and test the predictions of both networks, in a thread."""
        try:
            self._predictions = await asyncio.to_thread(pair.answered, self.app.store, *self.records)
        except (LabError, OSError) as error:
            self._predictions = str(error)
        self._show()

    def _show(self) -> None:
        first, second = self.records
        text = self._predictions
        if not isinstance(text, str):
            text = networks.sentences(text.found, *self.names)
        parts = (_recipes(first, second), Text(), Text("Networks", "bold underline"), Text(text))
        self.query_one("#text", Page).show(Group(*parts))
        self.query_one(FlipsPane).show(self._predictions, max(0, self.tab - 1))

    # Pages

    def action_tab(self, index: int) -> None:
        self.tab = index
        self.query_one(TabLine).current = index
        self.query_one(ContentSwitcher).current = "overview" if index == _OVERVIEW else "digits"
        if index != _OVERVIEW:
            self.query_one(FlipsPane).show(self._predictions, index - 1)
        self.refresh_bindings()

    def action_turn(self, by: int) -> None:
        self.action_tab((self.tab + by) % len(TABS))

    def on_tab_line_chosen(self, event: TabLine.Chosen) -> None:
        event.stop()
        self.action_tab(event.index)

    def action_move(self, by: int) -> None:
        if self.tab == _OVERVIEW:
            self.query_one("#text", Page).move(0, by)
        else:
            self.query_one(FlipsPane).page(by)

    def action_page(self, by: int) -> None:
        pane = self.query_one("#text", Page) if self.tab == _OVERVIEW else self.query_one(FlipsPane)
        pane.page(by)

    def action_metric(self) -> None:
        chart = self.query_one(ChartPane)
        chart.options = chart.options.next_metric()

    def action_log(self) -> None:
        chart = self.query_one(ChartPane)
        chart.options = chart.options.toggle_log()

    def action_zoom(self) -> None:
        self.query_one(FlipsPane).zoom()

    def action_back(self) -> None:
        self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in _OVERVIEW_ACTIONS:
            return self.tab == _OVERVIEW
        return self.tab != _OVERVIEW if action == "zoom" else True


def _head(record: Record, name: str, slot: int) -> Text:
    text = Text.assemble((f"{marker(slot)} ", style(slot)), (name, "bold"), f"  {record.id[-6:]}  ")
    text.append(record.status, STATUS_STYLES[record.status])
    for metric in ("val_accuracy", "test_accuracy"):
        value = getattr(record.result, metric)
        if value is not None:
            text.append(f"  {metric} {percent(value)} %")
    return text.append("  epoch chosen on the test set") if record.selected_on_test else text


def _recipes(first: Record, second: Record) -> RenderableType:
    """The fields that differ, one a line, with both values."""
    fields = pair.differing(first.experiment, second.experiment)
    title = Text("Recipes", "bold underline")
    if not set(fields) - {"seed"}:
        return Group(title, Text(pair.difference_in_words(first.experiment, second.experiment)))
    table = Table.grid(padding=(0, 2))
    for name, (one, other) in fields.items():
        table.add_row(Text(name), Text(one, "bold"), Text(other, "bold"))
    return Group(title, table)
