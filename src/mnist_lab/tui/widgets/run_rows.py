"""Runs as rows of the two grids of the home screen: the runs of a section, and the queue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from mnist_lab.formatting import duration, percent
from mnist_lab.render.palette import marker, style
from mnist_lab.render.progress import state_of
from mnist_lab.render.tables import STATUS_STYLES, kept_accuracy
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line
from mnist_lab.tui.widgets.chart_pane import ChartOptions
from mnist_lab.tui.widgets.grid import GridColumn

_STATE, _EPOCH, _LOSS, _ACCURACY, _SPEED, _LEFT = 23, 7, 8, 7, 7, 7
_NARROW, _NARROW_STATE = 100, 14
_BULLETS = {"running": "●", "paused": "‖", "queued": "○"}

QUEUE_COLUMNS = (GridColumn("run", "QUEUE", 15), GridColumn("epoch", "", 7, right=True))


def columns(width: int) -> list[GridColumn]:
    """The columns in a grid of ``width`` cells; the name takes what the others leave."""
    fixed = [
        GridColumn("state", "", _STATE if width >= _NARROW else _NARROW_STATE),
        GridColumn("epoch", "epoch", _EPOCH, right=True),
        GridColumn("val_loss", "val_loss", _LOSS, right=True),
        GridColumn("val_accuracy", "val_acc", _ACCURACY, right=True),
        GridColumn("speed", "s/epoch", _SPEED, right=True),
        GridColumn("left", "left", _LEFT, right=True),
    ]
    taken = sum(column.width + 2 for column in fixed)
    name = max(10, min(28, width - taken - 2))
    return [GridColumn("run", "run", name), *fixed]


def cells(snapshot: RunSnapshot, label: str, slot: int, options: ChartOptions) -> Sequence[Text]:
    """The cells of a run under :func:`columns`."""
    hidden = snapshot.id in options.hidden
    name = Text("· " if hidden else f"{marker(slot)} ", style(slot))
    name.append(one_line(label), "dim" if hidden else style(slot))
    if snapshot.id in options.pinned:
        name.append(" pinned", "dim")
    epochs = snapshot.experiment.epochs if snapshot.experiment else 0
    history = snapshot.history
    if snapshot.record is not None:  # of the weights that were kept, which need not be the last
        loss, accuracy = snapshot.record.result.val_loss, kept_accuracy(snapshot.record)
    else:
        loss, last = (history[metric][-1] if history[metric] else None for metric in ("val_loss", "val_accuracy"))
        accuracy = percent(last)
    state = state_of(snapshot)
    if snapshot.status == "running" and not snapshot.phase and snapshot.steps and snapshot.silent_since is None:
        state = f"step {snapshot.step}/{snapshot.steps}"
    return [
        name,
        Text(state, STATUS_STYLES[snapshot.status]),
        Text(f"{snapshot.epochs_done}/{epochs}" if epochs else ""),
        Text("" if loss is None else f"{loss:.4f}"),
        Text(accuracy),
        Text(f"{snapshot.seconds[-1]:.2f}" if snapshot.seconds else ""),
        Text(duration(snapshot.seconds_left)),
    ]


def queue_order(snapshots: Iterable[RunSnapshot]) -> list[RunSnapshot]:
    """The runs that are training or paused, then those queued, in the order in which they will be trained."""
    live = [snapshot for snapshot in snapshots if snapshot.live]
    return sorted(live, key=lambda snapshot: (snapshot.rank != 0, snapshot.rank, snapshot.id))


def queue_cells(snapshot: RunSnapshot) -> Sequence[Text]:
    """The cells of a run under :data:`QUEUE_COLUMNS`."""
    epochs = snapshot.experiment.epochs if snapshot.experiment else 0
    seed = f" s{snapshot.experiment.seed}" if snapshot.experiment and snapshot.experiment.seed else ""
    label = one_line(snapshot.label).partition(" ")[0] + seed
    name = Text(f"{_BULLETS.get(snapshot.status, '?')} {label}", STATUS_STYLES[snapshot.status])
    return name, Text(f"{snapshot.epochs_done}/{epochs}" if snapshot.status != "queued" else "", "dim")
