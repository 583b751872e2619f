"""What keys do to the one chart of a screen."""

from __future__ import annotations

from textual.screen import Screen

from mnist_lab.tui.widgets.chart_pane import ChartPane, Look


class ChartKeys(Screen[None]):
    """A screen with one chart; which keys lead to which of these actions, it says itself."""

    @property
    def look(self) -> Look:
        """How the chart is looked at; setting it draws the chart anew."""
        return self.query_one(ChartPane).look

    @look.setter
    def look(self, look: Look) -> None:
        self.query_one(ChartPane).look = look

    def action_metric(self) -> None:
        self.look = self.look.next_metric()

    def action_log(self) -> None:
        self.look = self.look.turn_log()

    def action_smoothing(self) -> None:
        self.look = self.look.next_smoothing()

    def action_zoom(self) -> None:
        self.look = self.look.next_zoom()

    def action_crosshair(self) -> None:
        self.look = self.look.turn_crosshair(self.query_one(ChartPane).epochs())

    def action_read_off(self, by: int) -> None:
        self.look = self.look.read_off(by, self.query_one(ChartPane).epochs())
