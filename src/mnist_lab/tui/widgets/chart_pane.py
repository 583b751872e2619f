"""The live chart, and how one looks at it."""

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
class Look:
    """How a chart is looked at.

    Attributes:
        metric: The figure shown.
        with_training: Whether one run's training and validation figures are shown together.
        log: Whether the y axis is logarithmic.
        smoothing: Weight of the past in the moving average, 0 for none.
        last: Only so many epochs from the end; None for all.
        crosshair: The epoch that is read off; None for none.
        hidden: Runs that are not drawn.
        pinned: Runs that are drawn whatever section is shown.
    """

    metric: Metric = "val_accuracy"
    with_training: bool = False
    log: bool = False
    smoothing: float = 0.0
    last: int | None = None
    crosshair: int | None = None
    hidden: frozenset[str] = frozenset()
    pinned: frozenset[str] = frozenset()

    def next_metric(self) -> Look:
        assert set(_METRICS) == set(METRICS)
        return replace(self, metric=_METRICS[(_METRICS.index(self.metric) + 1) % len(_METRICS)])

    def turn_log(self) -> Look:
        return replace(self, log=not self.log)

    def turn_crosshair(self, epochs: int) -> Look:
        """Put the crosshair on the last of so many epochs, or take it away."""
        return replace(self, crosshair=max(1, epochs) if self.crosshair is None else None)

    def read_off(self, by: int, epochs: int) -> Look:
        """Move the crosshair, where there is one, among so many epochs."""
        if self.crosshair is None:
            return self
        return replace(self, crosshair=max(1, min(self.crosshair + by, epochs)))

    def next_smoothing(self) -> Look:
        return replace(self, smoothing=SMOOTHINGS[(SMOOTHINGS.index(self.smoothing) + 1) % len(SMOOTHINGS)])

    def next_zoom(self) -> Look:
        return replace(self, last=ZOOMS[(ZOOMS.index(self.last) + 1) % len(ZOOMS)])


class ChartPane(Widget):
    """Curves of some runs."""

    DEFAULT_CSS = """
    ChartPane { height: 1fr; min-height: 3; }
    """

    look: reactive[Look] = reactive(Look(), repaint=False)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.views: Sequence[RunSnapshot] = ()
        self.recipes: Sequence[Recipe] = ()
        self.slots: dict[str, int] = {}
        self.focus_run: str | None = None
        self.labels: dict[str, str] = {}
        self._lines: list[Strip] = []
        self._lines_fit = Size(0, 0)

    def draw(
        self, views: Sequence[RunSnapshot], slots: dict[str, int], labels: dict[str, str], focus_run: str | None
    ) -> None:
        """Draw these runs, each in its place of the palette; ``focus_run`` is the one shown with its training curve."""
        self.views, self.slots, self.labels, self.focus_run = tuple(views), slots, labels, focus_run
        self.recipes = ()
        self._redraw()

    def draw_recipes(self, recipes: Sequence[Recipe], slots: dict[str, int], labels: dict[str, str]) -> None:
        """Draw the mean over the seeds of each of these recipes, with how far those are apart."""
        self.views, self.recipes, self.slots, self.labels = (), tuple(recipes), slots, labels
        self._redraw()

    def watch_look(self) -> None:
        self._redraw()

    def render_line(self, y: int) -> Strip:
        if self._lines_fit != self.size:
            self._lines = self._drawn()
        line = self._lines[y] if y < len(self._lines) else Strip(())
        return line.apply_style(self.visual_style.rich_style)

    def _redraw(self) -> None:
        """Draw the chart anew, and have the cells repainted that are not as they were."""
        before, fitted = self._lines, self._lines_fit
        self._lines = self._drawn()
        if fitted == self.size:
            changed = changed_regions(before, self._lines)
            if changed:
                self.refresh(*changed)

    def _drawn(self) -> list[Strip]:
        """The lines of the chart in the room there is."""
        self._lines_fit = self.size
        width, height = self.size
        if not width or not height:
            return []
        options = self.app.console_options.update(width=width, height=height, highlight=False)
        lines = Segment.split_lines(self.app.console.render(self._chart(), options))
        return [Strip(line, width) for line in lines]

    def _chart(self) -> Chart:
        width, height = self.size
        look = self.look
        seen = [view for view in self.views if view.id not in look.hidden]
        chosen = next((view for view in seen if view.id == self.focus_run), seen[0] if seen else None)
        if self.recipes:
            chart = curves.spreads(self.recipes, look.metric, self.slots, self.labels)
        elif look.with_training and chosen is not None:
            chart = curves.one_run(chosen, _validation(look.metric))
            label = self.labels.get(chosen.id, chosen.label)
            chart = replace(chart, title=f"{chart.title} of {label}" if label else chart.title)
        else:
            labelled = [replace(view, label=self.labels.get(view.id, view.label)) for view in seen]
            chart = curves.overlay(labelled, look.metric, self.slots)
        notes = [
            chart.title,
            *(["log"] if look.log else []),
            *([f"smoothed {look.smoothing:g}"] if look.smoothing else []),
        ]
        return replace(
            chart,
            title=" · ".join(notes),
            log_y=look.log,
            smoothing=look.smoothing,
            last=look.last,
            crosshair=None if look.crosshair is None else float(look.crosshair),
            width=width,
            height=height,
            markers=self.app.no_color or None,
        )

    def epochs(self) -> int:
        """The last epoch that any of the runs has reached."""
        of_recipes = [len(recipe.spread(self.look.metric)) for recipe in self.recipes]
        return max([view.epochs_done for view in self.views] + of_recipes, default=0)


def _validation(metric: Metric) -> Metric:
    return "val_loss" if metric in {"loss", "val_loss"} else "val_accuracy"
