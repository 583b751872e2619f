"""Runs as rows of a grid: what is running, with how much is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from mnist_lab.formatting import duration, percent
from mnist_lab.render.palette import marker, style
from mnist_lab.render.progress import state_of
from mnist_lab.render.tables import STATUS_STYLES, kept_accuracy
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line
from mnist_lab.tui.widgets.chart_pane import Look
from mnist_lab.tui.widgets.grid import Column

_STATE, _EPOCH, _LOSS, _ACCURACY, _PACE, _LEFT = 23, 7, 8, 7, 7, 7
_NARROW, _NARROW_STATE = 100, 14
_BULLETS = {"running": "●", "paused": "‖", "queued": "○"}

QUEUE_COLUMNS = (Column("run", "QUEUE", 15), Column("epoch", "", 7, right=True))


def columns(width: int) -> list[Column]:
    """The columns for so much ``width``; the run's name takes what is left."""
    fixed = [
        Column("state", "", _STATE if width >= _NARROW else _NARROW_STATE),
        Column("epoch", "epoch", _EPOCH, right=True),
        Column("val_loss", "val_loss", _LOSS, right=True),
        Column("val_accuracy", "val_acc", _ACCURACY, right=True),
        Column("pace", "s/epoch", _PACE, right=True),
        Column("left", "left", _LEFT, right=True),
    ]
    taken = sum(column.width + 2 for column in fixed)
    name = max(10, min(28, width - taken - 2))
    return [Column("run", "run", name), *fixed]


def cells(view: RunSnapshot, label: str, slot: int, look: Look) -> Sequence[Text]:
    """The cells of a run under :func:`columns`."""
    hidden = view.id in look.hidden
    name = Text("· " if hidden else f"{marker(slot)} ", style(slot))
    name.append(one_line(label), "dim" if hidden else style(slot))
    if view.id in look.pinned:
        name.append(" pinned", "dim")
    epochs = view.experiment.epochs if view.experiment else 0
    history = view.history
    if view.record is not None:  # of the weights that were kept, which need not be the last
        loss, accuracy = view.record.result.val_loss, kept_accuracy(view.record)
    else:
        loss, last = (history[metric][-1] if history[metric] else None for metric in ("val_loss", "val_accuracy"))
        accuracy = percent(last)
    state = state_of(view)
    if view.status == "running" and not view.phase and view.steps:
        state = f"step {view.step}/{view.steps}"
    return [
        name,
        Text(state, STATUS_STYLES[view.status]),
        Text(f"{view.epochs_done}/{epochs}" if epochs else ""),
        Text("" if loss is None else f"{loss:.4f}"),
        Text(accuracy),
        Text(f"{view.seconds[-1]:.2f}" if view.seconds else ""),
        Text(duration(view.seconds_left)),
    ]


def queue_order(views: Iterable[RunSnapshot]) -> list[RunSnapshot]:
    """What runs, then what waits, in the order in which it will be taken."""
    live = [view for view in views if view.live]
    return sorted(live, key=lambda view: (view.rank != 0, view.rank, view.id))


def queue_cells(view: RunSnapshot) -> Sequence[Text]:
    """The cells of a run under :data:`QUEUE_COLUMNS`."""
    epochs = view.experiment.epochs if view.experiment else 0
    seed = f" s{view.experiment.seed}" if view.experiment and view.experiment.seed else ""
    told = one_line(view.label).partition(" ")[0] + seed
    name = Text(f"{_BULLETS.get(view.status, '?')} {told}", STATUS_STYLES[view.status])
    return name, Text(f"{view.epochs_done}/{epochs}" if view.status != "queued" else "", "dim")
