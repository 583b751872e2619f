"""One run as a page: curves, metrics, experiment and environment."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mnist_lab.experiments.experiment import format_value
from mnist_lab.experiments.record import Model, Record
from mnist_lab.formatting import duration, loss, percent, plural, silent_since
from mnist_lab.render import curves
from mnist_lab.render.tables import SELECTED_ON_TEST, STATUS_STYLES
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Run
from mnist_lab.text import one_line

_CHART_WIDTH = 100


def run_page(run: Run, view: RunSnapshot) -> RenderableType:
    """Everything that a run's folder has, for a terminal of any width."""
    parts: list[RenderableType] = [headline(run, view)]
    if view.history["loss"]:
        parts.append(curves.one_run(view, "val_loss", height=12, width=_CHART_WIDTH))
        parts.append(curves.one_run(view, "val_accuracy", height=12, width=_CHART_WIDTH))
    if run.record is not None:
        parts.append(metrics_table(run.record))
        if run.record.selected_on_test:
            parts.append(Text(SELECTED_ON_TEST, "italic"))
    if run.spec is not None:
        parts.append(_titled("Experiment", experiment_table(run)))
    if run.record is not None:
        if run.record.model is not None:
            parts.append(_titled("Network", network_table(run.record.model)))
        parts.append(_titled("Environment", environment_table(run.record)))
    return Group(*parts)


def headline(run: Run, view: RunSnapshot) -> Text:
    """Label, status, id, duration, note and tags of a run, in one or more lines."""
    text = Text.assemble((view.label, "bold"), "  ", (run.status, STATUS_STYLES[run.status]), f"  {run.id}")
    if run.record is not None:
        taken = duration((run.record.finished_at - run.record.started_at).total_seconds())
        text.append(f"  {plural(run.record.epochs_run, 'epoch')} in {taken}")
        if run.record.best_epoch is not None:
            text.append(f", best in epoch {run.record.best_epoch}")
    silent = "" if run.silent_since is None else f"Its host is {silent_since(run.silent_since)}."
    for line in (run.reason, silent, run.spec.note if run.spec else "", " ".join(run.spec.tags) if run.spec else ""):
        if line:
            text.append(f"\n{one_line(line)}")
    return text


def metrics_table(record: Record) -> Table:
    """Loss and accuracy of the kept weights on training, validation and test images."""
    table = Table.grid(padding=(0, 2))
    result = record.result
    table.add_row("", Text("loss", "bold"), Text("accuracy %", "bold"))
    table.add_row("training", loss(result.loss), percent(result.accuracy))
    table.add_row("validation", loss(result.val_loss), percent(result.val_accuracy))
    table.add_row("test", "", percent(result.test_accuracy))
    return table


def experiment_table(run: Run) -> Table:
    """The fields of an experiment that have an effect; those that differ from the default are bold."""
    table = Table.grid(padding=(0, 2))
    if run.spec is None:
        return table
    experiment = run.spec.experiment
    changed = experiment.changed()
    for name, value in experiment.effective().items():
        emphasis = "bold" if name in changed else "dim"
        table.add_row(Text(name, emphasis), Text(format_value(value), emphasis))
    return table


def environment_table(record: Record) -> Table:
    """Versions, device and host of a run, and the time of each phase."""
    table = Table.grid(padding=(0, 2))
    for name, value in record.environment.model_dump().items():
        if value not in ("", None):
            table.add_row(Text(name, "dim"), Text(one_line(str(value))))
    seconds = record.seconds
    for name in ("startup", "compile", "train", "evaluate"):
        table.add_row(Text(f"{name} time", "dim"), duration(getattr(seconds, name)))
    return table


def network_table(model: Model) -> Table:
    """The layers of a network and its number of parameters."""
    table = Table.grid(padding=(0, 2))
    for index, layer in enumerate(model.layers, 1):
        table.add_row(Text(f"layer {index}", "dim"), Text(layer))
    table.add_row(Text("parameters", "dim"), f"{model.parameters:,}")
    return table


def _titled(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(f"\n{title}", "bold"), Padding(body, (0, 0, 0, 2)))
