"""A benchmark as a person reads it: headings, rows of cells, sentences. Rich and Markdown are made of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.benchmark import PARTS, Benchmark, times_faster
from benchmarks.figures import Figure, Table
from benchmarks.targets import Verdict


@dataclass(frozen=True)
class Block:
    """A table under a title, with notes below it.

    Attributes:
        title: Its title.
        head: One heading a column; the first column is text, the others are set to the right unless they end the row.
        rows: One text a column.
        notes: One sentence each.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def blocks(benchmark: Benchmark) -> Iterator[Block]:
    """Every table of a benchmark, its verdicts first."""
    asked = [verdict for verdict in benchmark.verdicts if verdict.target.part in benchmark.seconds]
    if asked:
        yield _targets(asked)
    figures = benchmark.figures
    for tables in benchmark.tables.values():
        for table in tables:
            rows = tuple(_row(figure, figures) for figure in table.figures)
            head = ("", "figure", "least .. most", "n", "ratio", "share", "note")
            yield Block(table.title, head, rows, (*_compared(table, benchmark), *table.notes))


def sentences(benchmark: Benchmark) -> Iterator[str]:
    """What was run, on what, and what could not be measured."""
    yield f"{benchmark.command}, {benchmark.at:%Y-%m-%d %H:%M} UTC"
    yield ", ".join(f"{name}: {value}" for name, value in benchmark.machine.items())
    yield ", ".join(f"{name} {value}" for name, value in benchmark.versions.items())
    took = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in benchmark.seconds.items())
    yield f"It took {sum(benchmark.seconds.values()) / 60:.1f} minutes: {took}."
    for part, reason in benchmark.failures.items():
        yield f"Not measured to its end: {part} ({PARTS[part]}). {reason}"


def _targets(verdicts: list[Verdict]) -> Block:
    rows = tuple(
        (
            verdict.target.row,
            verdict.target.told,
            "" if verdict.reached is None else number(verdict.reached),
            {True: "met", False: "MISSED", None: "not measured"}[verdict.met],
        )
        for verdict in verdicts
    )
    measured = [verdict for verdict in verdicts if verdict.met is not None]
    met = sum(verdict.met is True for verdict in measured)
    title = f"Targets: {met} of {len(measured)} measured are met"
    return Block(title, ("target", "bound", "reached", ""), rows)


def _compared(table: Table, benchmark: Benchmark) -> Iterator[str]:
    """What the ratios of a table are to."""
    titles = {
        figure.key: other.title for tables in benchmark.tables.values() for other in tables for figure in other.figures
    }
    figures = benchmark.figures
    for key in dict.fromkeys(figure.against for figure in table.figures if times_faster(figure, figures) is not None):
        where = "" if titles[key] == table.title else f" ({titles[key]})"
        yield f"The ratio is to: {figures[key].name}{where}."


def _row(figure: Figure, figures: Mapping[str, Figure]) -> tuple[str, ...]:
    ratio = times_faster(figure, figures)
    return (
        figure.name,
        f"{number(figure.value)} {figure.unit}",
        f"{number(figure.low)} .. {number(figure.high)}",
        str(len(figure.samples)),
        "" if ratio is None else f"{number(ratio)}× faster" if ratio >= 1 else f"{number(1 / ratio)}× as long",
        "" if figure.share is None else f"{figure.share:.0%}",
        figure.note,
    )


def number(value: float) -> str:
    """Three digits that count: ``0.0123``, ``1.23``, ``123``, ``12,345``."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 0
    while abs(value) * 10**digits < 100 and digits < 4:
        digits += 1
    return f"{value:.{digits}f}"
