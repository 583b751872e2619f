"""Tables of runs, presets, sections, workers and diagnoses. Text from outside is never read as markup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from mnist_lab.analysis.tables.columns import texts_of, values_of
from mnist_lab.experiments.experiment import describe
from mnist_lab.experiments.presets import PRESETS, names_of, preset
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.sections import walk
from mnist_lab.formatting import local_time, loss, percent, silent_since
from mnist_lab.render.listing import Listing, ListingColumn
from mnist_lab.runs.progress import label_of_run
from mnist_lab.store import Run, RunStatus
from mnist_lab.store.ids import short_ends
from mnist_lab.store.leases import SILENT_SECONDS
from mnist_lab.store.registry import Worker
from mnist_lab.text import one_line

if TYPE_CHECKING:
    import pandas as pd

    from mnist_lab.workers.diagnosis import Finding

SELECTED = "*"
"""Marks a value whose epoch was chosen on the test images."""
SELECTED_ON_TEST = "The kept epoch was chosen on the test images, so its accuracy is a little too good."

_TEXTS = frozenset({"id", "run", "status", "note", "tags", "device", "started_at"})
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
    "unreadable": "yellow",
}


def empty_table(*columns: str, right: Sequence[str] = ()) -> Table:
    """An empty table in the lab's style."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=column in {"id", "status"})
    return table


def kept_accuracy(record: Record) -> str:
    """Validation accuracy of the kept weights in percent, marked if their epoch was chosen on the test images."""
    accuracy = percent(record.result.val_accuracy)
    return accuracy + SELECTED if accuracy and record.selected_on_test else accuracy


def selection_note(records: Iterable[Record]) -> str:
    """The meaning of :data:`SELECTED` if any of some records has the mark; else empty."""
    return f"{SELECTED} {SELECTED_ON_TEST}" if any(record.selected_on_test for record in records) else ""


def presets_table() -> Table:
    table = empty_table("preset", "changes", "the same experiment as")
    for name, changes in PRESETS.items():
        others = [other for other in names_of(preset(name)) if other != name]
        table.add_row(name, describe(changes) or "nothing: the default", ", ".join(others))
    return table


def sections_table() -> Table:
    """Every section with its question and its presets."""
    table = Table.grid(padding=(0, 2))
    parts = {part.name for section in walk() for part in section.parts}
    for section in walk():
        answer = Text(section.question)
        if not section.parts:
            answer.append("\n" + " ".join(section.presets), "dim")
        table.add_row(Text(("  " if section.name in parts else "") + section.name, "bold"), answer)
    return table


def runs_table(runs: Sequence[Run]) -> Listing:
    """One row per run, at least one, in the given order; columns without any value are left out."""
    titles = ("id", "status", "run", "seed", "epochs", "best", "val_loss", "val_acc %", "asked", "note", "tags")
    shorts = short_ends([run.id for run in runs])
    today = datetime.now().astimezone().date()
    rows = [
        (shorts[run.id], _status(run), label_of_run(run), *_metrics(run), _when(run, today), *_note_and_tags(run))
        for run in runs
    ]
    styles = {row: STATUS_STYLES[run.status] for row, run in enumerate(runs)}
    columns = [
        ListingColumn(
            title,
            cells,
            right=title in {"seed", "epochs", "best", "val_loss", "val_acc %"},
            wraps=title in {"run", "note", "tags"},
            styles=styles if title == "status" else {},
        )
        for title, cells in zip(titles, zip(*rows, strict=True), strict=True)
        if any(cells)
    ]
    return Listing(columns, ("id", "status", "run", "val_acc %", "epochs", "note"), "--json has them all")


def results_table(records: Sequence[Record], labels: dict[str, str]) -> Table:
    """The results of some runs, one row per record."""
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
            loss(result.val_loss),
            kept_accuracy(record),
            f"{(record.finished_at - record.started_at).total_seconds():.1f}",
        )
    return table


def workers_table(workers: Sequence[Worker]) -> Table:
    table = empty_table(
        "pid", "host", "backend", "threads", "cores", "state", "device", "runs", right=("pid", "threads")
    )
    for worker in workers:
        state = "warm" if worker.state.warm else "cold"
        if worker.silent_for is not None and worker.silent_for >= SILENT_SECONDS:
            state += f", silent for {worker.silent_for:.0f} s"
        table.add_row(
            str(worker.owner.pid),
            Text(worker.owner.host),
            worker.kind.backend,
            "any" if worker.kind.threads is None else str(worker.kind.threads or "all"),
            " ".join(map(str, worker.state.cores)) or "any",
            state,
            Text(worker.state.device),
            Text(" ".join(run[-6:] for run in worker.state.runs) or worker.state.preparing or "idle"),
        )
    return table


def comparison_table(frame: pd.DataFrame) -> Listing:
    """Runs side by side, the best metrics bold and starred."""
    from mnist_lab.analysis.tables.frames import best_rows

    columns, best_of = [], best_rows(frame)
    for title in frame.columns:
        cells = texts_of(title, values_of(frame[title]))
        best = best_of.get(title, frozenset())
        for row in best:
            cells[row] += "*"
        columns.append(ListingColumn(title, cells, right=title not in _TEXTS, styles=dict.fromkeys(best, "bold")))
    return Listing(columns, ("id", "run", "val_accuracy", "val_loss"), "--format csv has them all")


def diagnosis_table(findings: Sequence[Finding]) -> Table:
    table = Table.grid(padding=(0, 2))
    for found in findings:
        value = Text(one_line(found.value), "" if found.ok else "bold red")
        if found.advice:
            value.append(f"\n{one_line(found.advice)}", "dim" if found.ok else "")
        table.add_row(
            Text("ok" if found.ok else "!!", "green" if found.ok else "bold red"), Text(found.what, "bold"), value
        )
    return table


def _metrics(run: Run) -> tuple[str, str, str, str, str]:
    """Seed, epochs, best epoch, validation loss and validation accuracy of a run."""
    asked, record = run.spec, run.record
    if asked is None:
        return "", "", "", "", ""
    epochs = f"{record.epochs_run if record else 0}/{asked.experiment.epochs}"
    if record is None:
        return str(asked.experiment.seed), epochs, "", "", ""
    return (
        str(asked.experiment.seed),
        epochs,
        str(record.best_epoch or ""),
        loss(record.result.val_loss),
        kept_accuracy(record),
    )


def _status(run: Run) -> str:
    return run.status if run.silent_since is None else f"{run.status}, {silent_since(run.silent_since)}"


def _note_and_tags(run: Run) -> tuple[str, str]:
    """Note and reason of a run, and its tags."""
    asked = run.spec
    note = one_line(" ".join(part for part in (asked.note if asked else "", run.reason) if part))
    return note, " ".join(asked.tags) if asked else ""


def _when(run: Run, today: date) -> str:
    moment = run.record.started_at if run.record else run.request.asked_at if run.request else None
    return "" if moment is None else local_time(moment, today)
