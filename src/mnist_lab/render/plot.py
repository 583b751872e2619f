"""The plot area of a chart: curves, bands and marks on a canvas."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.style import Style

from mnist_lab.render import palette
from mnist_lab.render.axis import YAxis, typical_range
from mnist_lab.render.canvas import Canvas, Dot
from mnist_lab.render.series import MAX_X, Point, Series, in_order, smoothed

QUIET = Style(dim=True)

_BAND_REACH = 0.35
"""Share of the curves' range by which bands may extend it at each end."""

_SLIDE = 6
"""Columns from the right edge within which the legend of the marks may be."""

_STRIPES = 3
"""Number of bands that are drawn in alternating columns, so that overlapping ones stay visible."""

_SPARSE: palette.Pattern = (True, False, False)


@dataclass(frozen=True, slots=True)
class DrawingStyle:
    """How to draw on a terminal: whether with ASCII characters only, in colour, and with markers along curves."""

    ascii: bool
    colour: bool
    markers: bool

    def style(self, series: Series, *, faint: bool = False, bold: bool = False) -> Style | None:
        faint = faint or series.faint
        if self.colour:
            return palette.style(series.slot, faint=faint, bold=bold)
        return QUIET if faint else None

    def key(self, series: Series) -> str:
        return palette.key(series.slot, dashed=series.dashed, ascii=self.ascii, markers=self.markers)

    def glyph(self, unicode: str, ascii: str) -> str:
        return ascii if self.ascii else unicode


@dataclass(frozen=True, slots=True)
class Curve:
    """The points of one series to draw, as measured or smoothed, by ascending x."""

    series: Series
    points: Sequence[Point]
    faint: bool


def curves(series: Iterable[Series], smoothing: float) -> list[Curve]:
    """The curves to draw, from back to front."""
    drawn = []
    for one in series:
        points = in_order(one.points)
        if smoothing:
            drawn.append(Curve(one, points, True))
            drawn.append(Curve(one, smoothed(points, smoothing), one.faint))
        else:
            drawn.append(Curve(one, points, one.faint))
    return sorted(drawn, key=lambda curve: not curve.faint)


@dataclass(frozen=True, slots=True)
class Window:
    """The shown part of the x axis, ``low`` < ``high``."""

    low: float
    high: float

    def cut(self, curve: Curve) -> Curve:
        """``curve`` without the points outside."""
        points = curve.points
        if points and (points[0][0] < self.low or points[-1][0] > self.high):
            points = [point for point in points if self.low <= point[0] <= self.high]
        return Curve(curve.series, points, curve.faint)

    def band(self, series: Series) -> list[tuple[float, float, float]]:
        """The band of ``series`` by ascending x, without points that are outside or not finite."""
        inside = (part for part in series.band or () if self.low <= part[0] <= self.high)
        return sorted(part for part in inside if math.isfinite(part[1]) and math.isfinite(part[2]))

    def share(self, x: float) -> float:
        """The position of ``x``: 0 at the left edge, 1 at the right edge."""
        return (x - self.low) / (self.high - self.low)


def window(curves: Sequence[Curve], low: float | None, high: float | None, last: int | None) -> Window:
    """The x range of ``curves`` from ``low``, extended to ``high``, or of their ``last`` x values only."""
    xs = {x for curve in curves for x, _ in curve.points}
    start = min(xs, default=1.0) if low is None else low
    end = max(xs, default=start)
    if last is not None and len(xs) > last:
        start = sorted(xs)[-last]
    elif high is not None:
        end = max(end, high)
    start, end = max(start, -MAX_X), min(end, MAX_X)
    return Window(start, end if end > start else start + 1)


def y_range(curves: Sequence[Curve], view: Window, log: bool) -> tuple[float, float] | None:
    """The range of y values to show within ``view``; None if there are none."""
    least = 0.0 if log else -math.inf
    values = [y for curve in curves for _, y in curve.points if least < y < math.inf]
    edges = [
        edge
        for series in {id(curve.series): curve.series for curve in curves}.values()
        for _, low, high in view.band(series)
        for edge in (low, high)
        if edge > least
    ]
    if not values:
        return (min(edges), max(edges)) if edges else None
    filled = sum(1 for curve in curves if curve.points)
    low, high = typical_range(values, 0 if log else filled)
    if edges and log:
        reach = (high / low) ** _BAND_REACH
        low, high = min(low, max(min(edges), low / reach)), max(high, min(max(edges), high * reach))
    elif edges:
        reach = (high - low) * _BAND_REACH
        low, high = min(low, max(min(edges), low - reach)), max(high, min(max(edges), high + reach))
    return low, high


class Plot:
    """Curves drawn on a canvas of ``columns`` columns, within the x range ``view`` and the y axis ``axis``."""

    def __init__(
        self,
        curves: Sequence[Curve],
        view: Window,
        axis: YAxis,
        columns: int,
        drawing: DrawingStyle,
        crosshair: float | None,
    ) -> None:
        self.view = view
        self.axis = axis
        self.drawing = drawing
        self.canvas = Canvas(columns, axis.rows, ascii=drawing.ascii)
        series = list({id(curve.series): curve.series for curve in curves}.values())
        depths = [axis.depths([y for _, y in curve.points]) for curve in curves]
        banded = [one for one in series if one.band]
        for i, one in enumerate(banded):
            self._draw_band(one, i % _STRIPES, min(len(banded), _STRIPES))
        for curve, down in zip(curves, depths, strict=True):
            self._draw_curve(curve, down)
        self.beyond_top = any(depth < 0 for down in depths for depth in down)
        self.beyond_bottom = any(depth > axis.rows for down in depths for depth in down)
        self._draw_glyphs(curves, depths)
        for one in series:
            self._draw_marks(one)
        if crosshair is not None and view.low <= crosshair <= view.high:
            self._draw_rule(self.column(crosshair), range(axis.rows), drawing.glyph("│", "|"), QUIET)
        self._draw_note(series)

    def column(self, x: float) -> int:
        """The column of cells at ``x``."""
        return self._across(x) // self.canvas.dots_across

    def _across(self, x: float) -> int:
        return round(self.view.share(x) * (self.canvas.columns * self.canvas.dots_across - 1))

    def _row(self, depth: float) -> int:
        """The row of cells at ``depth``, or the nearest if that is off the canvas."""
        return int(min(max(depth, 0.0), self.axis.rows - 1.0))

    def _draw_band(self, series: Series, stripe: int, stripes: int) -> None:
        band = self.view.band(series)
        if not band:
            return
        style, down = self.drawing.style(series, faint=True), self.canvas.dots_down
        columns = [self.column(x) for x, _, _ in band]
        bottoms = [self.axis.rows if math.isnan(low) else low for low in self.axis.depths([part[1] for part in band])]
        edges = list(zip(columns, self.axis.depths([part[2] for part in band]), bottoms, strict=True))
        for (c0, top0, low0), (c1, top1, low1) in zip(edges, edges[1:] or edges, strict=False):
            for column in range(c0, c1 + 1):
                share = (column - c0) / (c1 - c0) if c1 > c0 else 0.0
                top, low = top0 + share * (top1 - top0), low0 + share * (low1 - low0)
                if column % stripes == stripe and not math.isnan(top):
                    self.canvas.shade(column, top * down, low * down, style)

    def _draw_curve(self, curve: Curve, depths: Sequence[float]) -> None:
        drawing, down = self.drawing, self.canvas.dots_down
        style = drawing.style(curve.series, faint=curve.faint)
        pattern = palette.pattern(curve.series.slot, dashed=curve.series.dashed, ascii=drawing.ascii)
        if curve.faint and not drawing.colour:
            pattern = _SPARSE
        dots = [(self._across(x), depth * down) for (x, _), depth in zip(curve.points, depths, strict=True)]
        for gap, piece in groupby(dots, key=_is_gap):
            if not gap:
                self.canvas.line(list(piece), style, pattern, behind=curve.faint)

    def _draw_glyphs(self, curves: Sequence[Curve], depths: Sequence[Sequence[float]]) -> None:
        """Draw markers along curves if wanted, and points without a line, which are easily overlooked."""
        taken: set[tuple[int, int]] = set()
        spacing = max(4, self.canvas.columns // 8)
        for i, (curve, down) in enumerate(zip(curves, depths, strict=True)):
            style = self.drawing.style(curve.series, faint=curve.faint)
            dot = self.drawing.glyph("•", palette.marker(curve.series.slot))
            for x, depth in _lonely(curve.points, down):
                if 0 <= depth < self.axis.rows:
                    self.canvas.put(self.column(x), int(depth), dot, style)
            if self.drawing.markers and not curve.faint:
                cells = [
                    (self.column(x), int(depth))
                    for (x, _), depth in zip(curve.points, down, strict=True)
                    if 0 <= depth < self.axis.rows
                ]
                start = cells[0][0] + i * spacing // len(curves) if cells else 0
                for cell in _spread(cells, start, spacing, taken):
                    taken.add(cell)
                    self.canvas.put(*cell, palette.marker(curve.series.slot), style)

    def _draw_marks(self, series: Series) -> None:
        """Draw stops first, so that they do not hide the arrow of a best point."""
        rows = self.axis.rows
        for mark in sorted(series.marks, key=lambda mark: mark.kind == "best"):
            if not self.view.low <= mark.x <= self.view.high:
                continue
            value = series.at(mark.x)
            depth = self.axis.depths([math.nan if value is None else value])[0]
            column = self.column(mark.x)
            if mark.kind == "best" and not math.isnan(depth):
                below = min(self._row(depth) + 1, rows - 1)
                self.canvas.put(column, below, self.drawing.glyph("▲", "^"), self.drawing.style(series, bold=True))
            elif mark.kind == "stopped":
                if math.isnan(depth):
                    span = range(rows)
                else:
                    span = range(self._row(depth), rows) if depth < rows / 2 else range(self._row(depth) + 1)
                self._draw_rule(column, span, self.drawing.glyph("┊", "!"), self.drawing.style(series))

    def _draw_rule(self, column: int, rows: Iterable[int], glyph: str, style: Style | None) -> None:
        for row in rows:
            if self.canvas.is_free(column, row):
                self.canvas.put(column, row, glyph, style)

    def _draw_note(self, series: Sequence[Series]) -> None:
        """Draw the legend of the marks in the first corner where it hides nothing."""
        kinds = {mark.kind for one in series for mark in one.marks if self.view.low <= mark.x <= self.view.high}
        parts = []
        if "best" in kinds:
            parts.append(self.drawing.glyph("▲", "^") + " best")
        if "stopped" in kinds:
            parts.append(self.drawing.glyph("┊", "!") + " stopped")
        note = "  ".join(parts)
        bottom, right = self.axis.rows - 1, self.canvas.columns - len(note)
        near_right = range(right, max(right - _SLIDE, 0), -1)
        indices = [*((bottom, column) for column in near_right), *((0, column) for column in near_right), (bottom, 0)]
        for row, column in indices if note and right >= 0 else ():
            around = range(max(column - 1, 0), min(column + len(note) + 1, self.canvas.columns))
            if all(self.canvas.is_free(near, row) for near in around):
                for i, glyph in enumerate(note):
                    self.canvas.put(column + i, row, glyph, QUIET)
                return


def _is_gap(dot: Dot) -> bool:
    return math.isnan(dot[1])


def _lonely(points: Sequence[Point], depths: Sequence[float]) -> Iterator[tuple[float, float]]:
    """The x and depth of each point between two gaps."""
    padded = [math.nan, *depths, math.nan]
    for i, (x, _) in enumerate(points):
        if math.isnan(padded[i]) and math.isnan(padded[i + 2]) and not math.isnan(padded[i + 1]):
            yield x, padded[i + 1]


def _spread(
    cells: Sequence[tuple[int, int]], start: int, spacing: int, taken: set[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Cells about ``spacing`` columns apart, from column ``start`` on; none is taken unless there is no other."""
    chosen: list[tuple[int, int]] = []
    for cell in cells:
        if cell[0] >= start and cell not in taken:
            chosen.append(cell)
            start = cell[0] + spacing
    free = [cell for cell in cells if cell not in taken]
    return chosen or free[-1:] or list(cells[-1:])
