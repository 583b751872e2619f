"""The loss and the accuracy of one run over its epochs, training and validation together."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Static

from mnist_lab.render.progress import PHASES
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line
from mnist_lab.tui.widgets.changes import set_text
from mnist_lab.tui.widgets.chart_pane import ChartOptions, ChartPane

ShownMetric = Literal["both", "loss", "accuracy"]
_SIDE_BY_SIDE_COLUMNS, _BOTH_LINES = 100, 14
"""Columns from which the charts are side by side, and lines from which both fit below each other."""


class CurvesPane(Container):
    """A chart of the loss and one of the accuracy; one of them where both do not fit."""

    DEFAULT_CSS = """
    CurvesPane {
        layout: vertical;
        &.-side-by-side { layout: horizontal; }
        &.-side-by-side ChartPane { width: 1fr; }
        &.-side-by-side #accuracy { margin-left: 2; }
        & #why { height: 1fr; content-align: center middle; color: $text-muted; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.metric: ShownMetric = "both"

    def compose(self) -> ComposeResult:
        yield ChartPane(id="loss")
        yield ChartPane(id="accuracy")
        yield Static(id="why")

    def on_mount(self) -> None:
        self._loss.options = ChartOptions("val_loss", with_training=True)
        self._accuracy.options = ChartOptions("val_accuracy", with_training=True)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= _SIDE_BY_SIDE_COLUMNS, "-side-by-side")
        self._arrange()

    def show(self, snapshot: RunSnapshot) -> None:
        for chart in (self._loss, self._accuracy):
            chart.draw((snapshot,), {snapshot.id: 0}, {snapshot.id: ""}, snapshot.id)
        set_text(self.query_one("#why", Static), Text(_why_empty(snapshot)))
        self._arrange()

    def move(self, across: int, _down: int) -> None:
        """Move the crosshair."""
        self._set_options(self.options.move_crosshair(across, self._loss.epochs()))

    def page(self, by: int) -> None:
        """Nothing here has pages."""

    @property
    def options(self) -> ChartOptions:
        """The settings of both charts, apart from the metric."""
        return self._loss.options

    @property
    def shown(self) -> tuple[ShownMetric, ...]:
        """The charts that are shown."""
        if self.metric != "both":
            return (self.metric,)
        return ("loss", "accuracy") if self._room_for_both else ("loss",)

    def next_metric(self) -> None:
        order: tuple[ShownMetric, ...] = ("both", "loss", "accuracy") if self._room_for_both else ("loss", "accuracy")
        now = self.metric if self.metric in order else order[0]
        self.metric = order[(order.index(now) + 1) % len(order)]
        self._arrange()

    def toggle_log(self) -> None:
        self._set_options(self.options.toggle_log())

    def next_smoothing(self) -> None:
        self._set_options(self.options.next_smoothing())

    def zoom(self) -> None:
        self._set_options(self.options.next_zoom())

    def toggle_crosshair(self) -> None:
        self._set_options(self.options.toggle_crosshair(self._loss.epochs()))

    @property
    def _loss(self) -> ChartPane:
        return self.query_one("#loss", ChartPane)

    @property
    def _accuracy(self) -> ChartPane:
        return self.query_one("#accuracy", ChartPane)

    @property
    def _room_for_both(self) -> bool:
        return self.has_class("-side-by-side") or self.size.height >= _BOTH_LINES

    def _set_options(self, options: ChartOptions) -> None:
        self._loss.options = options
        self._accuracy.options = replace(options, metric="val_accuracy")

    def _arrange(self) -> None:
        drawn = self._loss.epochs() > 0
        self._loss.display = drawn and "loss" in self.shown
        self._accuracy.display = drawn and "accuracy" in self.shown
        self.query_one("#why").display = not drawn


def _why_empty(snapshot: RunSnapshot) -> str:
    if snapshot.status == "queued":
        return "The run is queued; its curves are drawn here once it trains."
    if snapshot.ended:
        return "The run ended before its first epoch."
    if not snapshot.live:
        return one_line(snapshot.reason)
    return PHASES.get(snapshot.phase, "The first epoch has not ended yet.")
