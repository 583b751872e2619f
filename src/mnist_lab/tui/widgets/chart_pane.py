"""A chart of learning curves that redraws only the cells that change, and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from mnist_lab.experiments.record import METRICS, Metric
from mnist_lab.render import curves
from mnist_lab.render.chart import Chart
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui.widgets.changes import changed_regions

if TYPE_CHECKING:
    from mnist_lab.analysis.tables.recipes import Recipe

SMOOTHINGS = (0.0, 0.3, 0.6, 0.9)
ZOOMS = (None, 20, 10, 5)
_METRICS: tuple[Metric, ...] = ("val_accuracy", "val_loss", "loss", "accuracy")


@dataclass(frozen=True)
class ChartOptions:
    """Settings of a chart.

    Attributes:
        metric: The metric shown.
        with_training: Whether the training and validation metrics of one run are shown together.
        log: Whether the y axis is logarithmic.
        smoothing: Weight of the past in the exponential moving average; 0: none.
        last: How many of the last epochs are shown; None: all.
        crosshair: The epoch whose values are shown; None: no crosshair.
        hidden: Ids of runs that are not drawn.
        pinned: Ids of runs that are drawn in every section.
    """

    metric: Metric = "val_accuracy"
    with_training: bool = False
    log: bool = False
    smoothing: float = 0.0
    last: int | None = None
    crosshair: int | None = None
    hidden: frozenset[str] = frozenset()
    pinned: frozenset[str] = frozenset()

    def next_metric(self) -> ChartOptions:
        assert set(_METRICS) == set(METRICS)
        return replace(self, metric=_METRICS[(_METRICS.index(self.metric) + 1) % len(_METRICS)])

    def toggle_log(self) -> ChartOptions:
        return replace(self, log=not self.log)

    def toggle_crosshair(self, epochs: int) -> ChartOptions:
        """Set the crosshair to the last of ``epochs`` epochs, or remove it."""
        return replace(self, crosshair=max(1, epochs) if self.crosshair is None else None)

    def move_crosshair(self, by: int, epochs: int) -> ChartOptions:
        """Move the crosshair, if there is one, by so many epochs within 1 to ``epochs``."""
        if self.crosshair is None:
            return self
        return replace(self, crosshair=max(1, min(self.crosshair + by, epochs)))

    def next_smoothing(self) -> ChartOptions:
        return replace(self, smoothing=SMOOTHINGS[(SMOOTHINGS.index(self.smoothing) + 1) % len(SMOOTHINGS)])

    def next_zoom(self) -> ChartOptions:
        return replace(self, last=ZOOMS[(ZOOMS.index(self.last) + 1) % len(ZOOMS)])


class ChartPane(Widget):
    """The learning curves of some runs, or of the seeds of some recipes."""

    DEFAULT_CSS = """
    ChartPane { height: 1fr; min-height: 3; }
    """

    options: reactive[ChartOptions] = reactive(ChartOptions(), repaint=False)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.snapshots: Sequence[RunSnapshot] = ()
        self.recipes: Sequence[Recipe] = ()
        self.slots: dict[str, int] = {}
        self.focus_run: str | None = None
        self.labels: dict[str, str] = {}
        self._lines: list[Strip] = []
        self._lines_fit = Size(0, 0)

    def draw(
        self, snapshots: Sequence[RunSnapshot], slots: dict[str, int], labels: dict[str, str], focus_run: str | None
    ) -> None:
        """Draw these runs, each with its palette slot; ``focus_run`` is the one shown with its training curve."""
        self.snapshots, self.slots, self.labels, self.focus_run = tuple(snapshots), slots, labels, focus_run
        self.recipes = ()
        self._redraw()

    def draw_recipes(self, recipes: Sequence[Recipe], slots: dict[str, int], labels: dict[str, str]) -> None:
        """Draw the mean of each of these recipes over its seeds, in a band of one standard deviation to each side."""
        self.snapshots, self.recipes, self.slots, self.labels = (), tuple(recipes), slots, labels
        self._redraw()

    def watch_options(self) -> None:
        self._redraw()

    def render_line(self, y: int) -> Strip:
        if self._lines_fit != self.size:
            self._lines = self._drawn()
        line = self._lines[y] if y < len(self._lines) else Strip(())
        return line.apply_style(self.visual_style.rich_style)

    def _redraw(self) -> None:
        """Render the chart, and repaint the cells that differ from those on the screen."""
        before, fitted = self._lines, self._lines_fit
        self._lines = self._drawn()
        if fitted == self.size:
            changed = changed_regions(before, self._lines)
            if changed:
                self.refresh(*changed)

    def _drawn(self) -> list[Strip]:
        """The lines of the chart at the size of this widget."""
        self._lines_fit = self.size
        width, height = self.size
        if not width or not height:
            return []
        console_options = self.app.console_options.update(width=width, height=height, highlight=False)
        lines = Segment.split_lines(self.app.console.render(self._chart(), console_options))
        return [Strip(line, width) for line in lines]

    def _chart(self) -> Chart:
        width, height = self.size
        options = self.options
        seen = [snapshot for snapshot in self.snapshots if snapshot.id not in options.hidden]
        chosen = next((snapshot for snapshot in seen if snapshot.id == self.focus_run), seen[0] if seen else None)
        if self.recipes:
            chart = curves.spreads(self.recipes, options.metric, self.slots, self.labels)
        elif options.with_training and chosen is not None:
            chart = curves.one_run(chosen, _validation(options.metric))
            label = self.labels.get(chosen.id, chosen.label)
            chart = replace(chart, title=f"{chart.title} of {label}" if label else chart.title)
        else:
            labelled = [replace(snapshot, label=self.labels.get(snapshot.id, snapshot.label)) for snapshot in seen]
            chart = curves.overlay(labelled, options.metric, self.slots)
        notes = [
            chart.title,
            *(["log"] if options.log else []),
            *([f"smoothed {options.smoothing:g}"] if options.smoothing else []),
        ]
        return replace(
            chart,
            title=" · ".join(notes),
            log_y=options.log,
            smoothing=options.smoothing,
            last=options.last,
            crosshair=None if options.crosshair is None else float(options.crosshair),
            width=width,
            height=height,
            markers=self.app.no_color or None,
        )

    def epochs(self) -> int:
        """The last epoch that any of the runs has reached."""
        of_recipes = [len(recipe.spread(self.options.metric)) for recipe in self.recipes]
        return max([snapshot.epochs_done for snapshot in self.snapshots] + of_recipes, default=0)


def _validation(metric: Metric) -> Metric:
    return "val_loss" if metric in {"loss", "val_loss"} else "val_accuracy"
