"""Lists and comparisons as Rich tables. Text from outside goes in as ``Text``: shown, never read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mnist_lab.catalog.presets import PRESETS, names_of, preset
from mnist_lab.catalog.sections import walk
from mnist_lab.experiment import describe
from mnist_lab.following import label_of_run
from mnist_lab.record import Record
from mnist_lab.store import Run, RunStatus
from mnist_lab.store.ids import short_ends
from mnist_lab.store.serving import Worker
from mnist_lab.text import one_line

if TYPE_CHECKING:
    from mnist_lab.comparison import Comparison
    from mnist_lab.diagnosis import Finding

_TEXTS = frozenset({"id", "run", "status", "note", "tags", "device", "started_at"})
_FIRST = ("id", "run", "val_accuracy", "val_loss")
_GAP = 3
STATUS_STYLES: dict[RunStatus, str] = {
    "queued": "dim",
    "running": "bold",
    "paused": "yellow",
    "finished": "green",
    "stopped": "yellow",
    "diverged": "magenta",
    "failed": "red",
    "died": "red",
    "damaged": "red",
}


def empty_table(*columns: str, right: Sequence[str] = ()) -> Table:
    """A table in the lab's style, without rows."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column in {"id", "status"})
    return table


def percent(fraction: float | None) -> str:
    """An accuracy in percent, to a hundredth."""
    return "" if fraction is None else f"{100 * fraction:.2f}"


def presets_table() -> Table:
    table = empty_table("preset", "changes", "the same experiment as")
    for name, changes in PRESETS.items():
        others = [other for other in names_of(preset(name)) if other != name]
        table.add_row(name, describe(changes) or "nothing: the default", ", ".join(others))
    return table


def sections_table() -> Table:
    """Every section with its question, and the presets that answer it."""
    table = Table.grid(padding=(0, 2))
    parts = {part.name for section in walk() for part in section.parts}
    for section in walk():
        answer = Text(section.question)
        if not section.parts:
            answer.append("\n" + " ".join(section.presets), "dim")
        table.add_row(Text(("  " if section.name in parts else "") + section.name, "bold"), answer)
    return table


def runs_table(runs: Sequence[Run]) -> Table:
    table = empty_table(
        "id", "status", "run", "seed", "epochs", "best", "val_loss", "val_acc %", "asked", "note", "tags",
        right=("seed", "epochs", "best", "val_loss", "val_acc %"),
    )  # fmt: skip
    shorts = short_ends([run.id for run in runs])
    for run in runs:
        asked, record = run.asked, run.record
        status = Text(run.status, STATUS_STYLES[run.status])
        table.add_row(
            shorts[run.id],
            status,
            Text(label_of_run(run)),
            "" if asked is None else str(asked.experiment.seed),
            "" if asked is None else f"{record.epochs_run if record else 0}/{asked.experiment.epochs}",
            str(record.best_epoch or "") if record else "",
            f"{record.result.val_loss:.4f}" if record and record.result.val_loss is not None else "",
            percent(record.result.val_accuracy) if record else "",
            _when(run),
            Text(one_line(" ".join(part for part in (asked.note if asked else "", run.reason) if part))),
            Text(" ".join(asked.tags) if asked else ""),
        )
    return table


def results_table(records: Sequence[Record], labels: dict[str, str]) -> Table:
    """What a command has just trained: a row a record."""
    table = empty_table(
        "id", "run", "status", "epochs", "best", "val_loss", "val_acc %", "seconds",
        right=("epochs", "best", "val_loss", "val_acc %", "seconds"),
    )  # fmt: skip
    shorts = short_ends([record.id for record in records])
    for record in records:
        result = record.result
        table.add_row(
            shorts[record.id],
            Text(labels.get(record.id, "")),
            Text(record.status, STATUS_STYLES[record.status]),
            f"{record.epochs_run}/{record.experiment.epochs}",
            str(record.best_epoch or ""),
            "" if result.val_loss is None else f"{result.val_loss:.4f}",
            percent(result.val_accuracy),
            f"{(record.finished_at - record.started_at).total_seconds():.1f}",
        )
    return table


def workers_table(workers: Sequence[Worker]) -> Table:
    table = empty_table("pid", "host", "state", "device", "run", right=("pid",))
    for worker in workers:
        state = "warm" if worker.state.warm else "cold"
        if worker.silent_for is not None:
            state += f", silent for {worker.silent_for:.0f} s"
        table.add_row(
            str(worker.owner.pid), worker.owner.host, state, worker.state.device, worker.state.run[-6:] or "idle"
        )
    return table


def comparison_table(comparison: Comparison, width: int) -> RenderableType:
    """Runs side by side, the best figures bold and starred; columns that do not fit are named below."""
    from mnist_lab.comparison import text_of

    columns: dict[str, list[Text]] = {}
    for name in comparison.frame.columns:
        best = comparison.best.get(name, frozenset())
        texts = [one_line(text_of(name, value)) for value in comparison.frame[name]]
        columns[name] = [
            Text(f"{text}*", "bold") if position in best else Text(text) for position, text in enumerate(texts)
        ]
    shown = _fitting({name: max(len(name), *map(len, cells)) for name, cells in columns.items()}, width)
    table = empty_table(*shown, right=[name for name in shown if name not in _TEXTS])
    for cells in zip(*(columns[name] for name in shown), strict=True):
        table.add_row(*cells)
    hidden = [name for name in columns if name not in shown]
    if not hidden:
        return table
    return Group(table, Text(f"Not enough room for {', '.join(hidden)}; --format csv has them all.", "dim"))


def _fitting(widths: dict[str, int], width: int) -> list[str]:
    """The columns that fit, in their order: the most telling are kept."""
    first = [name for name in _FIRST if name in widths]
    left, kept = width, set()
    for name in (*first, *(name for name in widths if name not in first)):
        if widths[name] + _GAP <= left:
            left -= widths[name] + _GAP
            kept.add(name)
    return [name for name in widths if name in kept]


def diagnosis_table(findings: Sequence[Finding]) -> Table:
    table = Table.grid(padding=(0, 2))
    for found in findings:
        value = Text(found.value, "" if found.ok else "bold red")
        if found.advice:
            value.append(f"\n{found.advice}", "dim" if found.ok else "")
        table.add_row(
            Text("ok" if found.ok else "!!", "green" if found.ok else "bold red"), Text(found.what, "bold"), value
        )
    return table


def _when(run: Run) -> str:
    moment = run.record.started_at if run.record else run.request.asked_at if run.request else None
    if moment is None:
        return ""
    local = moment.astimezone()
    same_day = local.date() == datetime.now(UTC).astimezone().date()
    return local.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M")
