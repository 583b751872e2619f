"""A chart of learning curves as a Rich renderable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.segment import Segment
from rich.text import Text

from mnist_lab.formatting import reading
from mnist_lab.render.axis import YAxis, epoch_ticks, y_axis
from mnist_lab.render.canvas import Fragment
from mnist_lab.render.labels import clean, shorten
from mnist_lab.render.legend import Entry, legend
from mnist_lab.render.plot import QUIET, Curve, DrawingStyle, Plot, Window, curves, window, y_range
from mnist_lab.render.series import Mark, Series

__all__ = ["Chart", "Mark", "Series"]

_NARROWEST = 20
"""Minimum width that a chart reports for layout; it can be drawn in fewer columns."""

_LEAST_PLOT = 8


@dataclass(frozen=True)
class Chart:
    """A chart of curves over epochs, drawn with braille dots, or with ASCII characters.

    Attributes:
        series: The series to draw; later ones are drawn on top.
        title: Title at the top left. Default: none.
        x_label: Label of the x axis. Default: ``epoch``.
        log_y: Whether the y axis is logarithmic; values that are not above 0 are then gaps.
        smoothing: Weight in [0, 1] of the past in an exponential moving average, drawn over the faint original.
            Default: 0, no smoothing.
        last: Number of x values, at least 1, to show from the end. Default: all.
        crosshair: An x at which to draw a vertical line and to show the value of every series in the legend.
        x_min: Left edge. Default: the smallest x.
        x_max: Right edge, unless the series extend beyond it. Default: the largest x.
        y_percent: Whether the y axis is labelled ``98%`` instead of ``0.98``.
        width: Width in columns. Default: all that there are.
        height: Height in rows. Default: all that there are.
        ascii: Whether to draw with ASCII characters only. Default: if the console's encoding requires it.
        markers: Whether each curve has its own marker characters. Default: without colour, or with ASCII only.

    Raises:
        ValueError: A smoothing outside [0, 1], or a ``last`` below 1.

    Example:
        >>> from rich.console import Console
        >>> loss = Series("loss", [(1, 0.50), (2, 0.20), (3, 0.11)], slot=0, marks=[Mark(3, "best")])
        >>> Console().print(Chart([loss], title="dense", height=12))  # doctest: +SKIP
    """

    series: Sequence[Series]
    _: KW_ONLY
    title: str = ""
    x_label: str = "epoch"
    log_y: bool = False
    smoothing: float = 0.0
    last: int | None = None
    crosshair: float | None = None
    x_min: float | None = None
    x_max: float | None = None
    y_percent: bool = False
    width: int | None = None
    height: int | None = None
    ascii: bool | None = None
    markers: bool | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.smoothing <= 1.0:
            raise ValueError(f"smoothing must be in [0, 1], not {self.smoothing}")
        if self.last is not None and self.last < 1:
            raise ValueError(f"last must be at least 1, not {self.last}")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, self.width or options.max_width)
        height = self.height or options.height or options.max_height
        plain = options.ascii_only or options.legacy_windows
        colour = console.color_system is not None and not console.no_color
        for row in self._rows(width, height, ascii=plain, colour=colour):
            for text, style in row:
                yield Segment(text, style)
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        most = min(options.max_width, self.width or options.max_width)
        return Measurement(most if self.width else min(_NARROWEST, most), most)

    def lines(self, width: int, height: int, *, ascii: bool = False, colour: bool = True) -> list[Text]:
        """The chart as ``height`` lines, each exactly ``width`` columns wide.

        Args:
            width: Width in columns.
            height: Height in rows.
            ascii: Whether only ASCII can be shown; the attribute of the same name takes precedence.
            colour: Whether colours can be shown.
        """
        return [
            Text.assemble(*((text, style or "") for text, style in row), no_wrap=True, end="")
            for row in self._rows(width, height, ascii=ascii, colour=colour)
        ]

    def _rows(self, width: int, height: int, *, ascii: bool, colour: bool) -> list[list[Fragment]]:
        if self.ascii is not None:
            ascii = self.ascii
        if width < 1 or height < 1:
            return [[] for _ in range(height)]
        markers = (ascii or not colour) if self.markers is None else self.markers
        drawing = DrawingStyle(ascii, colour, markers or ascii)
        top = [self._legend(width, drawing)] if height >= 6 else []
        axis_rows = 2 if height >= 4 else 0
        rows = height - len(top) - axis_rows
        drawn = curves(self.series, self.smoothing)
        view = window(drawn, self.x_min, self.x_max, self.last)
        drawn = [view.cut(curve) for curve in drawn]
        shown = y_range(drawn, view, self.log_y)
        if shown is None:
            return top + self._message(width, height - len(top), bool(self.series))
        axis = y_axis(*shown, rows, log=self.log_y, percent=self.y_percent)
        return top + self._framed(drawn, view, axis, width, bool(axis_rows), drawing)

    def _legend(self, width: int, drawing: DrawingStyle) -> list[Fragment]:
        title = clean(self.title, ascii=drawing.ascii)
        if self.crosshair is not None:
            title = f"{clean(self.x_label, ascii=drawing.ascii)} {self.crosshair:g}: {title}"
        entries = [
            Entry(
                clean(one.label, ascii=drawing.ascii),
                drawing.key(one),
                drawing.style(one),
                ""
                if self.crosshair is None
                else reading(one.at(self.crosshair), in_percent=self.y_percent, ascii=drawing.ascii),
            )
            for one in self.series
            if one.label
        ]
        return legend(title, entries, width, ascii=drawing.ascii)

    def _message(self, width: int, height: int, any_series: bool) -> list[list[Fragment]]:
        text = shorten("no values to draw" if any_series else "nothing drawn yet", width, ascii=True)
        left = (width - len(text)) // 2
        rows: list[list[Fragment]] = [[(" " * width, None)] for _ in range(height)]
        if rows:
            rows[(height - 1) // 2] = [(" " * left, None), (text, QUIET), (" " * (width - left - len(text)), None)]
        return rows

    def _framed(
        self, drawn: list[Curve], view: Window, axis: YAxis, width: int, with_x: bool, drawing: DrawingStyle
    ) -> list[list[Fragment]]:
        """The plot with its axes: y labels if the plot keeps half of the width, axis lines if it stays wide enough."""
        gutter = max((len(tick.label) for tick in axis.ticks), default=0)
        if width - gutter - 1 < max(_LEAST_PLOT, width // 2):
            gutter = 0
        lined = gutter > 0 or width > _LEAST_PLOT
        columns = width - gutter - lined
        plot = Plot(drawn, view, axis, columns, drawing, self.crosshair)
        rows = plot.canvas.lines()
        if lined:
            labels = {tick.row: tick.label for tick in axis.ticks}
            sides = [drawing.glyph("┤", "+") if row in labels else drawing.glyph("│", "|") for row in range(axis.rows)]
            for row, (fragments, side) in enumerate(zip(rows, sides, strict=True)):
                label = labels.get(row, "") if gutter else ""
                fragments[:0] = [(label.rjust(gutter), None), (side, QUIET)]
            if plot.beyond_bottom:
                rows[-1][1] = (drawing.glyph("↓", "v"), None)
            if plot.beyond_top:
                rows[0][1] = (drawing.glyph("↑", "^"), None)
        if with_x:
            rows += self._x_axis(plot, gutter, lined, drawing)
        return rows

    def _x_axis(self, plot: Plot, gutter: int, lined: bool, drawing: DrawingStyle) -> list[list[Fragment]]:
        columns = plot.canvas.columns
        ticks = epoch_ticks(plot.view.low, plot.view.high, columns)
        at = {plot.column(tick): str(tick) for tick in ticks}
        line = [drawing.glyph("┬", "+") if column in at else drawing.glyph("─", "-") for column in range(columns)]
        name = f" {clean(self.x_label, ascii=drawing.ascii)}"
        if cell_len(name) * 2 > columns:
            name = ""
        drawn = "".join(line)[: columns - cell_len(name)]
        corner = drawing.glyph("└", "+") if lined else ""
        width = gutter + lined + columns
        labels = ""
        for column, label in at.items():
            start = min(gutter + lined + column - (len(label) - 1) // 2, width - len(label))
            if start > len(labels) or (start == 0 and not labels):
                labels = labels.ljust(start) + label
        return [
            [(" " * gutter + corner + drawn, QUIET), (name, None)],
            [(set_cell_size(labels, width), None)],
        ]
