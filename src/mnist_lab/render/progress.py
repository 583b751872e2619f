"""The progress of runs: curves, last epochs, and a progress bar with the time left."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mnist_lab.formatting import duration, loss, percent, silent_since
from mnist_lab.render import curves
from mnist_lab.render.palette import style
from mnist_lab.render.tables import STATUS_STYLES, empty_table
from mnist_lab.runs.progress import RunSnapshot, total_done
from mnist_lab.store.registry import WorkerState
from mnist_lab.text import one_line

PHASES = {
    "importing": "importing TensorFlow",
    "loading": "loading the images",
    "compiling": "compiling the network",
    "evaluating": "judging the kept weights",
    "saving": "saving",
}
_TWO_CHARTS = 100
"""Minimum width for two charts side by side."""


def progress_view(views: Sequence[RunSnapshot], *, width: int, height: int) -> RenderableType:
    """The progress of some runs in ``width`` columns and at most ``height`` lines."""
    if len(views) == 1:
        return _single(views[0], width, height)
    return _several(views, width, height)


def state_of(view: RunSnapshot) -> str:
    """The status of a run, or the phase that it is in, or since when its host is silent."""
    if view.silent_since is not None and not view.ended:
        return silent_since(view.silent_since)
    if view.status == "running" and view.phase:
        return PHASES.get(view.phase, view.phase)
    return view.status


def workers_in_words(states: Sequence[WorkerState]) -> str:
    """The state of a folder's workers: ``no worker``, ``worker compiling gelu``, ``2 workers training``."""
    if not states:
        return "no worker"
    preparing = [state.preparing for state in states if state.preparing]
    if any(state.runs for state in states):
        doing = "training"
    elif preparing:
        doing = f"compiling {preparing[0]}" if states[0].warm else "importing TensorFlow"
    else:
        doing = "warm" if all(state.warm for state in states) else "cold"
    return f"worker {doing}" if len(states) == 1 else f"{len(states)} workers {doing}"


def epoch_line(view: RunSnapshot) -> str:
    """The metrics of the last finished epoch as one line of plain text."""
    history, epochs = view.history, view.experiment.epochs if view.experiment else 0
    return (
        f"{view.label}  epoch {view.epochs_done}/{epochs}"
        f"  loss {loss(history['loss'][-1])}  accuracy {percent(history['accuracy'][-1])} %"
        f"  val_loss {loss(history['val_loss'][-1])}  val_accuracy {percent(history['val_accuracy'][-1])} %"
        + (f"  {view.seconds[-1]:.2f} s" if view.seconds else "")
    )


def _single(view: RunSnapshot, width: int, height: int) -> RenderableType:
    rows = max(0, min(5, height // 4))
    table = _last_epochs(view, rows)
    chart_height = max(3, height - rows - 4)
    if width >= _TWO_CHARTS:
        side_by_side = Table.grid(expand=False, padding=0)
        half = width // 2
        side_by_side.add_row(
            curves.one_run(view, "val_loss", height=chart_height, width=half),
            curves.one_run(view, "val_accuracy", height=chart_height, width=width - half),
        )
        chart: RenderableType = side_by_side
    else:
        chart = curves.one_run(view, "val_accuracy", height=chart_height, width=width)
    return Group(
        Text(one_line(view.label), "bold", no_wrap=True, overflow="ellipsis"), chart, table, _bar([view], width)
    )


def _several(views: Sequence[RunSnapshot], width: int, height: int) -> RenderableType:
    slots = {view.id: slot for slot, view in enumerate(views)}
    rows = max(1, min(len(views), height // 3))
    chart = curves.overlay(views, "val_accuracy", slots, height=max(3, height - rows - 4), width=width)
    return Group(chart, _queue(views, slots, rows), _bar(views, width))


def _last_epochs(view: RunSnapshot, rows: int) -> Table:
    table = empty_table(
        "epoch", "loss", "acc %", "val_loss", "val_acc %", "seconds",
        right=("epoch", "loss", "acc %", "val_loss", "val_acc %", "seconds"),
    )  # fmt: skip
    history = view.history
    for index in range(max(0, view.epochs_done - rows), view.epochs_done):
        table.add_row(
            str(index + 1),
            loss(history["loss"][index]),
            percent(history["accuracy"][index]),
            loss(history["val_loss"][index]),
            percent(history["val_accuracy"][index]),
            f"{view.seconds[index]:.2f}" if index < len(view.seconds) else "",
        )
    return table


def _queue(views: Sequence[RunSnapshot], slots: dict[str, int], rows: int) -> Table:
    table = empty_table(
        "run", "", "epoch", "val_loss", "val_acc %", "s/epoch", "left",
        right=("epoch", "val_loss", "val_acc %", "s/epoch", "left"),
    )  # fmt: skip
    for view in _visible_runs(views, rows):
        history = view.history
        epochs = view.experiment.epochs if view.experiment else 0
        table.add_row(
            Text(one_line(view.label), style(slots[view.id])),
            Text(state_of(view), STATUS_STYLES[view.status]),
            f"{view.epochs_done}/{epochs}",
            loss(history["val_loss"][-1]) if history["val_loss"] else "",
            percent(history["val_accuracy"][-1]) if history["val_accuracy"] else "",
            f"{view.seconds[-1]:.2f}" if view.seconds else "",
            duration(view.seconds_left),
        )
    return table


def _visible_runs(views: Sequence[RunSnapshot], rows: int) -> list[RunSnapshot]:
    """As many consecutive runs as there are rows, around the first one that is running."""
    running = next((index for index, view in enumerate(views) if view.status in {"running", "paused"}), None)
    if running is None:
        waiting = next((index for index, view in enumerate(views) if view.status == "queued"), len(views))
        running = max(0, waiting - 1)
    first = max(0, min(running - rows // 2, len(views) - rows))
    return list(views[first : first + rows])


def _bar(views: Sequence[RunSnapshot], width: int) -> RenderableType:
    """A progress bar with the current phase or epoch, finished runs and time left."""
    done = total_done(views)
    current = next((view for view in views if view.status in {"running", "paused"}), views[-1])
    in_epoch = current.status == "running" and not current.phase and current.silent_since is None
    parts = [_within(current) if in_epoch else state_of(current)]
    if len(views) > 1:
        parts.append(f"{sum(view.ended for view in views)}/{len(views)} runs")
    left = _left(views)
    if left is not None:
        parts.append(f"{duration(left)} left")
    text = Text("  ".join(part for part in parts if part), no_wrap=True, overflow="ellipsis")
    bar_width = max(8, min(40, width // 3))
    grid = Table.grid(padding=(0, 1))
    grid.add_row(ProgressBar(total=1.0, completed=done, width=bar_width), Text(f"{percent(done, 0):>3} %"), text)
    return grid


def _within(view: RunSnapshot) -> str:
    """The current epoch and step of a run, with its running loss."""
    if not view.steps or view.epoch <= view.epochs_done:
        return ""
    return f"epoch {view.epoch}, step {view.step}/{view.steps}, loss {loss(view.loss)}"


def _left(views: Sequence[RunSnapshot]) -> float | None:
    """Estimated seconds until all runs end, if waiting runs take as long per epoch as the slowest known one."""
    medians = [sorted(view.seconds)[len(view.seconds) // 2] for view in views if view.seconds]
    if not medians or not any(view.live for view in views):
        return None
    total = 0.0
    for view in views:
        if not view.live or view.experiment is None:
            continue
        if view.seconds_left is not None:
            total += view.seconds_left
        else:
            total += view.experiment.epochs * max(medians)
    return total
