"""``mnist-lab report``: the report's claims judged by the saved runs, as pages to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mnist_lab.commands.completion import complete_section
from mnist_lab.commands.inputs import open_store
from mnist_lab.commands.options import AsJson, Runs
from mnist_lab.commands.output import out, print_json, say
from mnist_lab.errors import UsageError
from mnist_lab.report import archive
from mnist_lab.report.material import from_store
from mnist_lab.report.pages import WrittenReport, claims_shown, write

Folder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Where to write the pages.", readable=False, show_default=True)
]
SectionName = Annotated[
    str | None,
    typer.Option(
        "--section", metavar="NAME", help="Only the claims of a section or part.", autocompletion=complete_section
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=10_000,
        help="A rehearsal: networks trained for N epochs at most. It judges no claim of the report as it stands.",
        show_default=False,
    ),
]


def report(
    folder: Folder = Path("report"),
    records: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="A file of records, or a folder with one, instead of runs.", readable=False),
    ] = None,
    section: SectionName = None,
    epochs: Epochs = None,
    runs: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Judge the report's claims by the saved runs and write the pages: HTML, Markdown, pictures and records.

    \b
    Examples:
      mnist-lab report
      mnist-lab report --section activation --out activation
      mnist-lab report --records docs/reproduction --out again

    Nothing is trained; `mnist-lab reproduce` trains what is lacking first.
    """
    if records is None:
        material = from_store(open_store(runs), claims_shown(section), epochs)
    elif runs is not None or epochs is not None:
        raise UsageError("--records says what to report on, and for how many epochs; leave --runs and --epochs out.")
    else:
        material = archive.unpack(records / archive.NAME if records.is_dir() else records)
    print_written(write(folder, material, section), as_json=as_json)


def print_written(written: WrittenReport, *, as_json: bool) -> None:
    """Print what was found, and where the pages are."""
    if as_json:
        print_json(written.summary | {"files": [str(path) for path in written.files]})
        return
    for line in written.overview:
        out().print(f"• {line}", soft_wrap=True)
    say(f"Written: {', '.join(str(path) for path in written.files)}")
