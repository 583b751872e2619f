"""The command line of the benchmarks: ``python -m benchmarks``, in a checkout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import benchmark
from benchmarks import markdown as page
from benchmarks.benchmark import COMMAND, DEFAULT_PARTS, FULL_PARTS, PARTS
from benchmarks.tables import benchmark_tables
from mnist_lab.commands.options import AsJson
from mnist_lab.commands.output import narration, out, print_json
from mnist_lab.errors import ExitCode, LabError, UsageError
from mnist_lab.store import files
from mnist_lab.text import one_line

_PARTS_HELP = "\n".join(f"  {name:<10}{text}" for name, text in PARTS.items())
HELP = f"""Measure the lab versus stock Keras and PyTorch on this machine.

\b
Parts:
{_PARTS_HELP}

\b
Examples:
  make bench                                 the default parts (epoch, start, screen, store): a quarter of an hour
  make bench-quick                           the same with few samples: a few minutes
  make bench-gpu                             runs per hour on this machine's GPU
  {COMMAND} --quick --only epoch
  {COMMAND} --full --epochs 5 --json

Close other programs first: the processor time that they take distorts the measurements.

\b
Exit codes:
  0 done   1 a part could not be measured   2 wrong usage   3 the page could not be written   130 stopped
"""

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)


@app.command(help=HELP)
def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Take few samples: rough values in a few minutes.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Add the parts report and accuracy: half an hour more.")] = False,
    gpu: Annotated[bool, typer.Option("--gpu", help="Measure only the part gpu.")] = False,
    only: Annotated[
        list[str] | None, typer.Option(metavar="PART", help="Measure only this part; may be repeated.")
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Epochs of the trainings with --full and --gpu [default: 20]."),
    ] = None,
    markdown: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the tables to this Markdown page too; what was added by hand stays."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    names = _parts(full, gpu, only, epochs)
    console = narration()

    def narrate(line: str) -> None:
        console.print(line, style="dim", markup=False, soft_wrap=True)

    command = " ".join([COMMAND, *sys.argv[1:]])
    try:
        result = benchmark.run(names, quick=quick, epochs=epochs, command=command, narrate=narrate)
    except KeyboardInterrupt:
        narrate("Stopped; nothing of the benchmark is left running.")
        raise typer.Exit(ExitCode.STOPPED) from None
    if as_json:
        print_json(result.to_json())
    else:
        out().print(benchmark_tables(result))
    if markdown is not None:
        with files.storage(markdown):
            before = markdown.read_text(encoding="utf-8") if markdown.exists() else ""
            markdown.write_text(page.page(result, before), encoding="utf-8")
    raise typer.Exit(ExitCode.RUN_FAILED if result.failures else ExitCode.DONE)


def _parts(full: bool, gpu: bool, only: list[str] | None, epochs: int | None) -> tuple[str, ...]:
    """The parts to measure.

    Raises:
        UsageError: The options contradict each other.
    """
    if sum((full, gpu, bool(only))) > 1:
        raise UsageError("--full, --gpu and --only each say what to measure; give one of them.")
    names = tuple(only) if only else ("gpu",) if gpu else FULL_PARTS if full else DEFAULT_PARTS
    if epochs is not None and set(names) <= set(DEFAULT_PARTS):
        raise UsageError("--epochs has no effect without --full or --gpu: leave it out, or measure those.")
    return names


def main() -> None:
    """Run the command line; every deliberate error is one sentence on stderr and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # a locale may lack ×
    try:
        app(prog_name=COMMAND)
    except LabError as error:
        typer.echo(f"{COMMAND}: {one_line(str(error))}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
