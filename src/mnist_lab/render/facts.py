"""What a run was asked to be, what came of it, and where: as pages for any width."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from mnist_lab.experiments.experiment import FIELDS, MNIST_CHECKSUM, Experiment, format_value
from mnist_lab.experiments.record import Record
from mnist_lab.formatting import duration
from mnist_lab.render.run import environment_table, figures_table, network_table
from mnist_lab.render.tables import SELECTED_ON_TEST
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line

_GAP, _LEAST_RIGHT, _KEYS_AND_VERSIONS = 3, 28, 36
"""Columns between two blocks, those that the right one needs, and those in which an environment can still be read."""
_CHANGED = "▸"


def recipe_page(view: RunSnapshot) -> RenderableType:
    """The experiment, what differs from the default standing out, and the figures of the kept weights."""
    if view.experiment is None:
        return Text(f"What was asked for cannot be read. {one_line(view.reason)}")
    return _Beside(_titled("Experiment", recipe_table(view.experiment)), _titled("Result", _result(view)))


def machine_page(view: RunSnapshot) -> RenderableType:
    """Where the run was trained and how long that took; the layers of its network."""
    record = view.record
    if record is None:
        if view.ended:
            return Text("It left no record of its machine.")
        if not view.live:
            return Text(one_line(view.reason))
        pace = f" An epoch takes {duration(_middle(view.seconds))} so far." if view.seconds else ""
        return Text(f"The machine is written down when the run has ended.{pace}")
    network = [_titled("Network", network_table(record.model)), Text()] if record.model is not None else []
    return _Beside(
        _titled("Environment", environment_table(record)),
        Group(*network, _titled("Time", _time(record))),
        _KEYS_AND_VERSIONS,
    )


def recipe_table(experiment: Experiment) -> Table:
    """The fields that have an effect; those that differ from the default stand out, with the default beside them."""
    table = Table.grid(padding=(0, 2))
    changed = experiment.changed()
    for name, value in experiment.effective().items():
        differs = name in changed
        style = "bold" if differs else "dim"
        table.add_row(
            Text(f"{_CHANGED if differs else ' '} {name}", style),
            Text(_shown(name, value), style),
            Text(f"default {_shown(name, FIELDS[name].default)}" if differs else "", "dim"),
        )
    return table


@dataclass(frozen=True)
class _Beside:
    """Two blocks next to each other, or the second below the first where there is no room.

    ``left_at_least`` says how few columns will do for the left one, if not all that it takes.
    """

    left: RenderableType
    right: RenderableType
    left_at_least: int | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wanted, room = Measurement.get(console, options, self.left).maximum, options.max_width - _GAP - _LEAST_RIGHT
        if room < (self.left_at_least or wanted):
            yield Group(self.left, Text(), self.right)
        else:
            grid = Table.grid(padding=(0, _GAP, 0, 0))
            grid.add_column(width=min(wanted, room))
            grid.add_row(self.left, self.right)
            yield grid


def _titled(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(title, "bold underline"), body)


def _result(view: RunSnapshot) -> RenderableType:
    record = view.record
    if record is None:
        if not view.live:
            return Text("It left no record." if view.ended else one_line(view.reason))
        return Text("The figures come when the run has ended.")
    if not record.epochs_run and record.result.val_loss is None:
        return Text("It ended before there were any.")
    kept = "The weights of the last epoch were kept."
    if record.best_epoch is not None and record.experiment.restore_best_weights:
        kept = f"The weights of epoch {record.best_epoch} were kept, the best by {record.experiment.monitor}."
    sentences = [kept, *([SELECTED_ON_TEST] if record.selected_on_test else [])]
    return Group(figures_table(record), Text(), *(Text(sentence, "italic") for sentence in sentences))


def _time(record: Record) -> Table:
    table = Table.grid(padding=(0, 2))
    if record.seconds.per_epoch:
        table.add_row(Text("an epoch", "dim"), f"{duration(_middle(record.seconds.per_epoch))} (median)")
    table.add_row(Text("started", "dim"), record.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S"))
    table.add_row(Text("in all", "dim"), duration((record.finished_at - record.started_at).total_seconds()))
    return table


def _shown(name: str, value: object) -> str:
    if name == "data" and isinstance(value, str):
        return "MNIST" if value == MNIST_CHECKSUM else value[:12]
    return format_value(value)


def _middle(seconds: tuple[float, ...]) -> float:
    return sorted(seconds)[len(seconds) // 2]
