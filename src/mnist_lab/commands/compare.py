"""``mnist-lab compare``: the saved runs in one table."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mnist_lab.commands.options import AsJson, RunIds, Runs, complete_section, out, print_json


class Format(StrEnum):
    """How a comparison is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    markdown = "markdown"


def compare(
    run_ids: RunIds = None,
    section: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only the runs of a section or part.", autocompletion=complete_section),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.table,
    as_json: AsJson = False,
    all_columns: Annotated[
        bool, typer.Option("--all-columns", help="Also the columns in which the runs do not differ.")
    ] = False,
    runs: Runs = None,
) -> None:
    """Compare saved runs, one row each, the best figures marked, with the columns in which they differ.

    \b
    Examples:
      mnist-lab compare
      mnist-lab compare --section activation
      mnist-lab compare K3F9QX 8ZC2MA --format csv > two.csv
    """
    from mnist_lab import comparison
    from mnist_lab.commands.options import resolve_all
    from mnist_lab.errors import UsageError
    from mnist_lab.store import Store

    store = Store.locate(runs)
    if run_ids:
        records = [store.record(run_id) for run_id in resolve_all(store, run_ids)]
    else:
        records = [run.record for run in store.runs() if run.record is not None]
    if section is not None:
        records = comparison.of_section(records, section)
    if not records:
        where = f" of section {section}" if section else ""
        raise UsageError(f"There are no saved runs{where} in {store.root}; `mnist-lab run` makes some.")
    table = comparison.table(records, all_columns=all_columns)
    match Format.json if as_json else format_:
        case Format.table:
            from mnist_lab.render.tables import comparison_table

            out().print(comparison_table(table), crop=False)
        case Format.csv:
            typer.echo(comparison.to_csv(table), nl=False)
        case Format.json:
            print_json({"schema": 1, "runs": comparison.to_rows(table)})
        case Format.markdown:
            typer.echo(comparison.to_markdown(table))
