"""``mnist-lab compare``: the saved runs in one table, recipe by recipe or run by run, or two networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType

from mnist_lab.analysis.statistics.networks import sentences
from mnist_lab.analysis.tables import pair
from mnist_lab.analysis.tables.query import IN_ORDER
from mnist_lab.commands.completion import RunIds, complete_section
from mnist_lab.commands.inputs import open_store, resolve_all
from mnist_lab.commands.options import AsJson, Runs
from mnist_lab.commands.output import out, print_json
from mnist_lab.errors import UsageError
from mnist_lab.experiments.record import Record
from mnist_lab.store import Store
from mnist_lab.store.studies import studies

if TYPE_CHECKING:
    import pandas as pd


class Format(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    markdown = "markdown"


class By(StrEnum):
    """What a row is."""

    recipe = "recipe"
    seed = "seed"


def compare(
    run_ids: RunIds = None,
    by: Annotated[
        By | None,
        typer.Option(
            help="A row a recipe, all its seeds together, or a row a run [default: recipe; seed where runs are named].",
            show_default=False,
        ),
    ] = None,
    section: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only the runs of a section or part.", autocompletion=complete_section),
    ] = None,
    where: Annotated[
        str, typer.Option(metavar="EXPR", help="Only rows for which this holds, as in 'units >= 128 relu'.")
    ] = "",
    sort: Annotated[str | None, typer.Option(metavar="COLUMN", help="What to order the rows by.")] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Reverse that order.")] = False,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="RECIPE", help="What to compare recipes of no study with; a study has its own."),
    ] = None,
    networks: Annotated[
        bool, typer.Option("--networks", help="Compare two runs as trained networks, image by image.")
    ] = False,
    format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.table,
    as_json: AsJson = False,
    all_columns: Annotated[
        bool, typer.Option("--all-columns", help="Also the columns in which the rows do not differ.")
    ] = False,
    runs: Runs = None,
) -> None:
    """Compare saved runs: each recipe with its seeds versus the baseline of its study, and the verdict on it.

    Verdicts rest on all runs there are; what is shown, and in which order, changes none.

    \b
    Examples:
      mnist-lab compare
      mnist-lab compare --section activation --sort test_accuracy
      mnist-lab compare --by seed --where 'units >= 128 val_accuracy > 97%'
      mnist-lab compare K3F9QX 8ZC2MA --format csv > two.csv
      mnist-lab compare K3F9QX 8ZC2MA --networks
    """
    store = open_store(runs)
    chosen = resolve_all(store, run_ids) if run_ids else []
    form = Format.json if as_json else format_
    if networks:
        _networks(store, chosen, form)
        return
    rows = _Rows(section, where, sort, reverse, all_columns)
    if (by or (By.seed if chosen else By.recipe)) is By.recipe:
        shown = _recipes(store, chosen, rows, baseline, form)
    elif baseline is None:
        shown = _runs(store, chosen, rows, form)
    else:
        raise UsageError("--baseline is for recipes, and a single run is none; leave it out, or use --by recipe.")
    if not shown:
        of_section = f" of section {section}" if section else ""
        raise UsageError(f"There are no saved runs{of_section} in {store.root}; `mnist-lab run` makes some.")


@dataclass(frozen=True)
class _Rows:
    """Which rows are asked for, in which order, with which columns."""

    section: str | None
    where: str
    sort: str | None
    reverse: bool
    all_columns: bool


def _runs(store: Store, chosen: list[str], rows: _Rows, form: Format) -> bool:
    """Print a row a run. Returns whether there are any runs."""
    from mnist_lab.analysis.tables.run_table import compared, of_section
    from mnist_lab.render.tables import comparison_table

    records = [store.record(run_id) for run_id in chosen] if chosen else _records(store)
    if rows.section is not None:
        records = of_section(records, rows.section)
    if records:
        frame = compared(records, rows.where, sort=rows.sort, reverse=rows.reverse, all_columns=rows.all_columns)
        _print(frame, form, lambda: comparison_table(frame))
    return bool(records)


def _recipes(store: Store, chosen: list[str], rows: _Rows, baseline: str | None, form: Format) -> bool:
    """Print a row a recipe, judged by all runs there are. Returns whether there are any recipes."""
    from mnist_lab.analysis.tables.recipe_table import RecipeTable
    from mnist_lab.render.recipes import recipes_page, text_frame

    table = RecipeTable()
    table.update(_records(store), studies(store), baseline=baseline, section=rows.section)
    query = replace(IN_ORDER, expression=rows.where, all_columns=rows.all_columns)
    selection = table.select(query.sorted(rows.sort, table.columns, reverse=rows.reverse), chosen)
    if selection.complaint:
        raise UsageError(selection.complaint)
    if selection.total:
        frame = text_frame(selection) if form is Format.markdown else selection.frame
        _print(frame, form, lambda: recipes_page(selection))
    return selection.total > 0


def _print(frame: pd.DataFrame, form: Format, page: Callable[[], RenderableType]) -> None:
    from mnist_lab.analysis.tables import export

    match form:
        case Format.table if frame.empty:
            typer.echo("Nothing matches.")
        case Format.table:
            out().print(page(), crop=False)
        case Format.csv:
            typer.echo(export.to_csv(frame), nl=False)
        case Format.json:
            print_json(export.to_object(frame))
        case Format.markdown:
            typer.echo(export.to_markdown(frame))


def _networks(store: Store, chosen: list[str], form: Format) -> None:
    """Print what two networks disagree on."""
    if len(chosen) != 2:
        raise UsageError("Two networks are compared: give the ids of two runs.")
    if form not in (Format.table, Format.json):
        raise UsageError(f"Two networks are compared in words or with --json, not as {form}.")
    first, second = map(store.record, chosen)
    found = pair.answered(store, first, second).found
    if form is Format.json:
        differs = pair.differing(first.experiment, second.experiment)
        print_json({"schema": 1, "first": first.id, "second": second.id, "differs": differs, **vars(found)})
        return
    names = pair.names(first, second)
    typer.echo(f"{names[0]} ({first.id[-6:]}) and {names[1]} ({second.id[-6:]}).")
    typer.echo(pair.difference_in_words(first.experiment, second.experiment))
    typer.echo(sentences(found, *names))


def _records(store: Store) -> list[Record]:
    return [run.record for run in store.runs() if run.record is not None]
