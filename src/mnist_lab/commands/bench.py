"""``mnist-lab bench``: the lab beside what people write without it, measured here and now."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mnist_lab.commands.options import AsJson, narration, out, print_json


def complete_part(incomplete: str) -> list[tuple[str, str]]:
    from benchmarks.benchmark import PARTS

    return [(name, told) for name, told in PARTS.items() if name.startswith(incomplete)]


def bench(
    quick: Annotated[bool, typer.Option("--quick", help="Roughly, in about two minutes.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="The report's trainings and the accuracy of bfloat16 too: half an hour more.")
    ] = False,
    gpu: Annotated[bool, typer.Option("--gpu", help="Runs an hour on this machine's GPU, and nothing else.")] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART",
            help="epoch, start, screen, store, report, accuracy or gpu; may be repeated.",
            autocompletion=complete_part,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Epochs of the trainings with --full and --gpu [default: 20]."),
    ] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the tables there as Markdown.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the lab beside stock Keras on this machine: epochs, start, screen, store.

    \b
    Examples:
      mnist-lab bench                       everything but the long parts, in less than a quarter of an hour
      mnist-lab bench --quick --only epoch
      mnist-lab bench --full --epochs 5 --json

    Close other programs first: what they take is missing from the figures.
    """
    from benchmarks import benchmark
    from benchmarks import markdown as page
    from mnist_lab.errors import ExitCode
    from mnist_lab.store import files

    parts = _parts(full, gpu, only, epochs)
    console = narration()

    def narrate(line: str) -> None:
        console.print(line, style="dim", markup=False, soft_wrap=True)

    command = " ".join(["mnist-lab", *sys.argv[1:]])
    try:
        found = benchmark.run(parts, quick=quick, epochs=epochs, command=command, narrate=narrate)
    except KeyboardInterrupt:
        narrate("Stopped; nothing of the benchmark is left running.")
        raise typer.Exit(ExitCode.STOPPED) from None
    if as_json:
        print_json(found.to_json())
    else:
        from benchmarks.tables import benchmark_tables

        out().print(benchmark_tables(found))
    if markdown is not None:
        with files.storage(markdown):
            before = markdown.read_text(encoding="utf-8") if markdown.exists() else ""
            markdown.write_text(page.page(found, before), encoding="utf-8")
    raise typer.Exit(ExitCode.RUN_FAILED if found.failures else ExitCode.DONE)


def _parts(full: bool, gpu: bool, only: list[str] | None, epochs: int | None) -> tuple[str, ...]:
    """What to measure.

    Raises:
        UsageError: The options contradict each other.
    """
    from benchmarks.benchmark import FULL, USUAL
    from mnist_lab.errors import UsageError

    if sum((full, gpu, bool(only))) > 1:
        raise UsageError("--full, --gpu and --only each say what to measure; give one of them.")
    parts = tuple(only) if only else ("gpu",) if gpu else FULL if full else USUAL
    if epochs is not None and set(parts) <= set(USUAL):
        raise UsageError("--epochs has no effect without --full or --gpu: leave it out, or measure those.")
    return parts
