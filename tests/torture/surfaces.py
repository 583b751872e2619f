"""Every surface on which a runs folder is shown: the commands that read, and the models of the screen."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console, RenderableType
from typer.testing import CliRunner

from mnist_lab.analysis import replay
from mnist_lab.analysis.statistics.metrics import RUN_METRICS
from mnist_lab.analysis.statistics.verdicts import as_json as plain
from mnist_lab.analysis.statistics.verdicts import judge_study
from mnist_lab.analysis.tables import export
from mnist_lab.analysis.tables.recipes import Recipes
from mnist_lab.cli import app
from mnist_lab.commands.output import run_as_json
from mnist_lab.errors import LabError
from mnist_lab.experiments.record import METRICS, Record
from mnist_lab.experiments.sections import walk
from mnist_lab.experiments.study import Study
from mnist_lab.render import curves
from mnist_lab.render.facts import machine_page, recipe_page
from mnist_lab.render.progress import epoch_line, progress_view, workers_in_words
from mnist_lab.render.run import run_page
from mnist_lab.render.study_table import study_page
from mnist_lab.runs.coverage import RunsByTraining
from mnist_lab.runs.library import Library
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store, registry, studies
from mnist_lab.text import one_line
from mnist_lab.tui import predictions
from mnist_lab.tui.section_runs import SectionRuns
from mnist_lab.tui.study_watch import StudyWatch
from mnist_lab.tui.table_models import RecipeModel, RunModel, TableModel
from mnist_lab.tui.widgets import run_head, run_rows
from mnist_lab.tui.widgets.chart_pane import ChartOptions
from mnist_lab.workers.placement import Placement

Surface = tuple[str, str]
"""A surface's name, and what is written to it."""

_RUNS = ("runs", "list"), ("runs", "list", "--json"), ("study", "list"), ("study", "list", "--json"), ("worker", "list")
_TABLES = [
    ("compare", "--by", by, "--all-columns", "--format", form)
    for by in ("seed", "recipe")
    for form in ("table", "csv", "json", "markdown")
]


def command(*arguments: str) -> str:
    """What a command writes on stdout and stderr.

    Raises:
        Exception: Any that is not one of the lab's own, as :func:`mnist_lab.cli.main` does not catch it either.
    """
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    if done.exception is not None and not isinstance(done.exception, LabError | SystemExit):
        raise done.exception
    said = one_line(str(done.exception)) if isinstance(done.exception, LabError) else ""  # as main says it
    return done.output + said


def drawn(renderable: RenderableType, width: int = 120) -> str:
    """What a terminal without colours gets."""
    output = io.StringIO()
    Console(file=output, width=width, color_system=None, highlight=False).print(renderable)
    return output.getvalue()


def listings(runs: Path) -> Iterator[Surface]:
    """What lists runs, studies and workers, and compares runs."""
    for arguments in (*_RUNS, ("worker", "list", "--json"), *_TABLES, ("study", "optimism")):
        yield " ".join(arguments), command(*arguments, "--runs", str(runs))


def studies_shown(runs: Path) -> Iterator[Surface]:
    """Every study by every metric."""
    for study in studies.studies(Store(runs)):
        for metric in RUN_METRICS:
            yield f"study show {metric}", command("study", "show", study.id, "--metric", metric, "--runs", str(runs))
        yield "study show --json", command("study", "show", study.id, "--pairs", "--json", "--runs", str(runs))


def one_study(found: Sequence[Study], records: Sequence[Record], draw: random.Random) -> Iterator[Surface]:
    """The last of some studies, judged by some metric."""
    judged = judge_study(found[-1], records, draw.choice(list(RUN_METRICS)))
    yield "study show", drawn(study_page(judged))
    yield "study show --json", json.dumps(plain(judged), allow_nan=False)


def of_all_studies(runs: Path) -> Iterator[Surface]:
    """The list of studies, and the recipes of all."""
    for arguments in (
        ("study", "list"), ("study", "list", "--json"), ("compare",), ("compare", "--format", "markdown")
    ):  # fmt: skip
        yield " ".join(arguments), command(*arguments, "--runs", str(runs))
    yield from screen_tables(runs)


def workers(runs: Path) -> Iterator[Surface]:
    """The workers, in a table, as JSON and in words."""
    for arguments in (("worker", "list"), ("worker", "list", "--json")):
        yield " ".join(arguments), command(*arguments, "--runs", str(runs))
    yield "workers", workers_in_words([worker.state for worker in registry.workers(runs)])


def one_run(store: Store, run_id: str, draw: random.Random) -> Iterator[Surface]:
    """The pages of a run, on the command line and on the screen."""
    run = store.read(run_id)
    view = RunSnapshot.of(run)
    yield "runs show", drawn(run_page(run, view))
    yield "runs show --json", json.dumps(run_as_json(run), allow_nan=False)
    yield from snapshot(view, draw)


def snapshot(view: RunSnapshot, draw: random.Random) -> Iterator[Surface]:
    """What the screen and ``runs watch`` show of a run, its curves by some metric."""
    metric = draw.choice(METRICS)
    yield "watch", drawn(progress_view([view], width=80, height=24))
    yield "watch two", drawn(progress_view([view, view], width=80, height=24))
    if view.epochs_done:
        yield "epoch", epoch_line(view)
    yield metric, drawn(curves.overlay([view], metric, {view.id: 0}, height=12, width=80))
    yield "recipe", drawn(recipe_page(view))
    yield "machine", drawn(machine_page(view))
    yield "head", "\n".join((run_head._name(view).plain, run_head.reason_of(view), run_head._note(view).plain))
    yield "row", "\n".join(cell.plain for cell in run_rows.cells(view, view.label, 0, ChartOptions()))
    yield "queue", "\n".join(cell.plain for cell in run_rows.queue_cells(view))
    yield "why", predictions.why_missing(view)
    if view.record is not None and view.epochs_done:
        found = replay.replay(view.record, replay.rule_for(view.record.experiment, monitor=metric))
        yield "replay", replay.in_words(found) + replay.caution(view.record.experiment, found)
        yield "replayed", drawn(curves.replayed(view, found, height=12, width=80, markers=None))


def screen_tables(runs: Path) -> Iterator[Surface]:
    """The models of the screen's tables, and the lines that it makes of all runs."""
    store = Store(runs)
    library = Library(store)
    changes = library.refresh()
    sections, by_training = SectionRuns(), RunsByTraining[RunSnapshot]()
    sections.update(changes)
    by_training.update(changes)
    views = library.views
    for section in walk():
        rows = sections.rows(section.name, frozenset())
        yield "labels", "\n".join(sections.labels(section.name, rows).values())
    yield "study line", StudyWatch(store, by_training).line(views, Placement(workers=1, threads=1))
    models: list[TableModel] = [RunModel(), RecipeModel(store)]
    for model in models:
        for query in (model.query, replace(model.query, all_columns=True, descending=not model.query.descending)):
            rows_shown = model.answer(views, query)
            model.show(rows_shown)
            if rows_shown is not None:
                cells = [cell.plain for key in rows_shown.selection.ids for cell in rows_shown.cells(key)]
                yield f"table of {model.noun}s", "\n".join([*cells, *model.others])
                for name, (_, write) in export.FORMATS.items():
                    yield f"exported {name}", write(rows_shown.written(name))
    recipes = Recipes().of([view.record for view in views.values() if view.record], studies.studies(store))
    for recipe in recipes:
        yield "recipe", drawn(curves.spreads([recipe], "val_loss", {recipe.key: 0}, {recipe.key: recipe.name}))
    yield "workers", workers_in_words([worker.state for worker in registry.workers(runs)])


def report(runs: Path, folder: Path) -> Iterator[Surface]:
    """The pages of the report, made of the runs and of their records."""
    yield "report", command("report", "--runs", str(runs), "--out", str(folder / "pages"))
    yield from _pages(folder / "pages")
    yield "report --json", command("report", "--runs", str(runs), "--out", str(folder / "pages"), "--json")
    yield "report --records", command("report", "--records", str(folder / "pages"), "--out", str(folder / "again"))
    yield from _pages(folder / "again")


def _pages(folder: Path) -> Iterator[Surface]:
    for path in sorted(folder.rglob("*.*")):
        if path.suffix in {".md", ".html", ".json", ".svg"}:
            yield path.name, path.read_text(encoding="utf-8")
