"""One run's loss and accuracy, training with validation."""

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
from mnist_lab.tui.widgets.changes import tell
from mnist_lab.tui.widgets.chart_pane import ChartPane, Look

Figure = Literal["both", "loss", "accuracy"]
_BESIDE, _BOTH = 100, 14
"""Columns from which the charts stand beside each other, and lines from which both fit below each other."""


class CurvesPane(Container):
    """Two charts, or one of them where there is room for no more."""

    DEFAULT_CSS = """
    CurvesPane {
        layout: vertical;
        &.-beside { layout: horizontal; }
        &.-beside ChartPane { width: 1fr; }
        &.-beside #accuracy { margin-left: 2; }
        & #why { height: 1fr; content-align: center middle; color: $text-muted; }
    }
    """

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.figure: Figure = "both"

    def compose(self) -> ComposeResult:
        yield ChartPane(id="loss")
        yield ChartPane(id="accuracy")
        yield Static(id="why")

    def on_mount(self) -> None:
        self._loss.look = Look("val_loss", with_training=True)
        self._accuracy.look = Look("val_accuracy", with_training=True)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= _BESIDE, "-beside")
        self._arrange()

    def show(self, view: RunSnapshot) -> None:
        for chart in (self._loss, self._accuracy):
            chart.draw((view,), {view.id: 0}, {view.id: ""}, view.id)
        tell(self.query_one("#why", Static), Text(_why_empty(view)))
        self._arrange()

    def move(self, across: int, _down: int) -> None:
        """Move the crosshair."""
        self._look_with(self.look.read_off(across, self._loss.epochs()))

    def page(self, by: int) -> None:
        """Nothing here has pages."""

    @property
    def look(self) -> Look:
        """How both charts are looked at, the figure aside."""
        return self._loss.look

    @property
    def shown(self) -> tuple[Figure, ...]:
        """The figures that there is room for."""
        if self.figure != "both":
            return (self.figure,)
        return ("loss", "accuracy") if self._room_for_both else ("loss",)

    def next_figure(self) -> None:
        order: tuple[Figure, ...] = ("both", "loss", "accuracy") if self._room_for_both else ("loss", "accuracy")
        now = self.figure if self.figure in order else order[0]
        self.figure = order[(order.index(now) + 1) % len(order)]
        self._arrange()

    def toggle_log(self) -> None:
        self._look_with(self.look.turn_log())

    def next_smoothing(self) -> None:
        self._look_with(self.look.next_smoothing())

    def zoom(self) -> None:
        self._look_with(self.look.next_zoom())

    def toggle_crosshair(self) -> None:
        self._look_with(self.look.turn_crosshair(self._loss.epochs()))

    @property
    def _loss(self) -> ChartPane:
        return self.query_one("#loss", ChartPane)

    @property
    def _accuracy(self) -> ChartPane:
        return self.query_one("#accuracy", ChartPane)

    @property
    def _room_for_both(self) -> bool:
        return self.has_class("-beside") or self.size.height >= _BOTH

    def _look_with(self, look: Look) -> None:
        self._loss.look = look
        self._accuracy.look = replace(look, metric="val_accuracy")

    def _arrange(self) -> None:
        drawn = self._loss.epochs() > 0
        self._loss.display = drawn and "loss" in self.shown
        self._accuracy.display = drawn and "accuracy" in self.shown
        self.query_one("#why").display = not drawn


def _why_empty(view: RunSnapshot) -> str:
    if view.status == "queued":
        return "It waits in the queue; its curves grow here once it trains."
    if view.ended:
        return "It ended before its first epoch."
    if not view.live:
        return one_line(view.reason)
    return PHASES.get(view.phase, "Its first epoch has not ended yet.")
