"""Learning curves as SVG charts that follow the text colour, the series colours and the fonts of their page.

matplotlib draws them in placeholder colours, which are then replaced by style variables: ``currentColor`` for axes and
text, ``--series-0`` and so on for the lines.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mnist_lab.experiments.record import Metric
from mnist_lab.render.palette import COLOURS
from mnist_lab.report.curves import MeanCurve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS: dict[Metric, str] = {
    "loss": "training loss",
    "accuracy": "training accuracy, %",
    "val_loss": "validation loss",
    "val_accuracy": "validation accuracy, %",
}

STYLES = ("-", (0, (5, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.6, 1.2, 1.6)), (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)))
"""Line styles, so that lines do not differ in colour alone."""

_INK = "#010203"
_SIZE = (5.2, 3.7)
_ACCURACIES = (0.1, 0.5, 0.8, 0.9, 0.93, 0.95, 0.96, 0.97, 0.975, 0.98, 0.985, 0.99, 0.993, 0.995, 0.998, 0.999)
_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "mnist-lab",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "text.color": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "path.simplify": False,
}


def draw(curves: Sequence[MeanCurve], metric: Metric, title: str, description: str) -> str:
    """Draw a metric by epoch as an ``svg`` element, one line per network.

    The scale of accuracies widens towards 100 %, that of losses is logarithmic. For trainings with early stopping, a
    triangle marks the epoch whose weights were kept and a square the last epoch.

    Args:
        curves: The networks. The index of each selects its colour and line style; at least one has an epoch, and those
            without are not drawn.
        metric: The metric that the curves show.
        title: Title for readers who cannot see the chart.
        description: Description for the same readers.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=_SIZE, layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        for index, curve in enumerate(curves):
            if curve.mean:
                _line(axes, curve, index)
        _scales(axes, metric, curves)
        figure.legend(loc="outside upper left", fontsize=9, ncols=3, columnspacing=1.4, borderaxespad=0.2)
        target = io.StringIO()
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _for_page(target.getvalue(), title, description)


def _line(axes: Axes, curve: MeanCurve, index: int) -> None:
    colour = COLOURS[index % len(COLOURS)]
    epochs = range(1, len(curve.mean) + 1)
    style: Any = STYLES[index % len(STYLES)]
    axes.fill_between(epochs, curve.low, curve.high, color=colour, alpha=0.16, linewidth=0)
    alone: dict[str, Any] = {"marker": "o", "markersize": 4} if len(curve.mean) == 1 else {}
    axes.plot(epochs, curve.mean, color=colour, linestyle=style, linewidth=1.7, label=curve.name, **alone)
    if curve.stops:
        kept = [(stop.kept, stop.kept_value) for stop in curve.stops]
        last = [(stop.last, stop.last_value) for stop in curve.stops]
        axes.plot(*zip(*kept, strict=True), "^", color=colour, markersize=5.5, markeredgewidth=0, alpha=0.8)
        axes.plot(*zip(*last, strict=True), "s", color=colour, markersize=4.5, fillstyle="none", alpha=0.9)


def _scales(axes: Axes, metric: Metric, curves: Sequence[MeanCurve]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axes.set_xlabel("epoch")
    axes.set_ylabel(LABELS[metric])
    axes.xaxis.set_major_locator(FixedLocator(_epochs(max(len(curve.mean) for curve in curves))))
    axes.grid(axis="y", color=_INK, alpha=0.13, linewidth=0.6)
    axes.set_axisbelow(True)
    if metric not in ("accuracy", "val_accuracy"):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(FixedLocator(_losses(*axes.get_ylim())))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        return
    values = [value for curve in curves for value in (*curve.low, *curve.high)]
    least, most = min(values), min(max(values), 0.9999)
    axes.set_yscale("function", functions=(_widened, _narrowed))
    axes.set_ylim(_narrowed(_widened(least) - 0.03), _narrowed(_widened(most) + 0.05))
    axes.yaxis.set_major_locator(FixedLocator(_accuracies(least, most)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))


def _epochs(last: int) -> list[int]:
    """Tick positions of the epoch axis: 1 and multiples of a round step."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 10_000) if last <= 9 * step)
    return sorted({1, *range(step, last + 1, step)})


def _accuracies(least: float, most: float) -> list[float]:
    """Tick positions of the accuracy axis: round accuracies, highest first, none too close to the one before."""
    apart = (_widened(most) - _widened(least)) / 9
    marked: list[float] = []
    for accuracy in reversed(_ACCURACIES):
        inside = least - 0.01 <= accuracy <= most + (1 - most) / 5
        if inside and (not marked or _widened(marked[-1]) - _widened(accuracy) > apart):
            marked.append(accuracy)
    return marked


def _losses(least: float, most: float) -> list[float]:
    """Tick positions of the loss axis: the finest set of round losses with at most nine in the range."""
    for round_ones in ((1, 1.5, 2, 3, 4, 5, 6, 7, 8), (1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1,)):
        marked = [one * 10.0**power for power in range(-8, 9) for one in round_ones]
        inside = [loss for loss in marked if least <= loss <= most]
        if len(inside) <= 9:
            break
    return inside


def _widened(accuracy: Any) -> Any:
    """The accuracy scale: negative base-10 logarithm of the error, 0 at 0 %, 1 at 90 %, 2 at 99 %."""
    import numpy as np

    return -np.log10(np.clip(1 - np.asarray(accuracy, dtype=float), 1e-6, None))


def _narrowed(widened: Any) -> Any:
    import numpy as np

    return 1 - 10.0 ** -np.asarray(widened, dtype=float)


def _for_page(svg: str, title: str, description: str) -> str:
    """The chart as an element of a page, with its title, its description and the page's colours."""
    from html import escape

    svg = svg[svg.index("<svg") :]
    for index, colour in enumerate(COLOURS):
        svg = svg.replace(colour, f"var(--series-{index})")
    svg = svg.replace(_INK, "currentColor")
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    names = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
    return re.sub(r"<svg([^>]*)>", rf'<svg role="img"\1>{names}', svg, count=1).strip()
