"""The actions of a screen that has one chart."""

from __future__ import annotations

from textual.screen import Screen

from mnist_lab.tui.widgets.chart_pane import ChartOptions, ChartPane


class ChartKeys(Screen[None]):
    """Base class of a screen with one chart. A subclass binds keys to these actions."""

    @property
    def chart_options(self) -> ChartOptions:
        """The settings of the chart. Setting them redraws it."""
        return self.query_one(ChartPane).options

    @chart_options.setter
    def chart_options(self, chart_options: ChartOptions) -> None:
        self.query_one(ChartPane).options = chart_options

    def action_metric(self) -> None:
        self.chart_options = self.chart_options.next_metric()

    def action_log(self) -> None:
        self.chart_options = self.chart_options.toggle_log()

    def action_smoothing(self) -> None:
        self.chart_options = self.chart_options.next_smoothing()

    def action_zoom(self) -> None:
        self.chart_options = self.chart_options.next_zoom()

    def action_crosshair(self) -> None:
        self.chart_options = self.chart_options.toggle_crosshair(self.query_one(ChartPane).epochs())

    def action_move_crosshair(self, by: int) -> None:
        self.chart_options = self.chart_options.move_crosshair(by, self.query_one(ChartPane).epochs())
