"""Pages of the run screen: experiment and results, and environment."""

from __future__ import annotations

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from mnist_lab.experiments.experiment import FIELDS, MNIST_CHECKSUM, Experiment, format_value
from mnist_lab.experiments.record import Record
from mnist_lab.formatting import duration
from mnist_lab.render.run import environment_table, metrics_table, network_table
from mnist_lab.render.tables import SELECTED_ON_TEST
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line

_GAP, _LEAST_RIGHT, _KEYS_AND_VERSIONS = 3, 28, 36
"""Columns between two blocks, minimum width of the right one, and width in which an environment is readable."""
_CHANGED = "▸"


def recipe_page(view: RunSnapshot) -> RenderableType:
    """The experiment, with what differs from the default in bold, and the metrics of the kept weights."""
    if view.experiment is None:
        return Text(f"What was asked for cannot be read. {one_line(view.reason)}")
    return _SideBySide(_titled("Experiment", recipe_table(view.experiment)), _titled("Result", _result(view)))


def machine_page(view: RunSnapshot) -> RenderableType:
    """The environment of a run, the layers of its network, and its times."""
    record = view.record
    if record is None:
        if view.ended:
            return Text("It left no record of its machine.")
        if not view.live:
            return Text(one_line(view.reason))
        rate = f" An epoch takes {duration(_median(view.seconds))} so far." if view.seconds else ""
        return Text(f"The machine is written down when the run has ended.{rate}")
    network = [_titled("Network", network_table(record.model)), Text()] if record.model is not None else []
    return _SideBySide(
        _titled("Environment", environment_table(record)),
        Group(*network, _titled("Time", _time(record))),
        _KEYS_AND_VERSIONS,
    )


def recipe_table(experiment: Experiment) -> Table:
    """The fields of an experiment that have an effect; those that differ are bold and show the default."""
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
class _SideBySide:
    """Two blocks side by side, or one below the other where there is no room.

    Attributes:
        left: The left block.
        right: The right block.
        left_at_least: Minimum width of the left block. Default: its full width.
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
        return Text("The metrics are known when the run has ended.")
    if not record.epochs_run and record.result.val_loss is None:
        return Text("It ended before any were measured.")
    kept = "The weights of the last epoch were kept."
    if record.best_epoch is not None and record.experiment.restore_best_weights:
        kept = f"The weights of epoch {record.best_epoch} were kept, the best by {record.experiment.monitor}."
    sentences = [kept, *([SELECTED_ON_TEST] if record.selected_on_test else [])]
    return Group(metrics_table(record), Text(), *(Text(sentence, "italic") for sentence in sentences))


def _time(record: Record) -> Table:
    table = Table.grid(padding=(0, 2))
    if record.seconds.per_epoch:
        table.add_row(Text("an epoch", "dim"), f"{duration(_median(record.seconds.per_epoch))} (median)")
    table.add_row(Text("started", "dim"), record.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S"))
    table.add_row(Text("in all", "dim"), duration((record.finished_at - record.started_at).total_seconds()))
    return table


def _shown(name: str, value: object) -> str:
    if name == "data" and isinstance(value, str):
        return "MNIST" if value == MNIST_CHECKSUM else value[:12]
    return format_value(value)


def _median(seconds: tuple[float, ...]) -> float:
    return sorted(seconds)[len(seconds) // 2]
