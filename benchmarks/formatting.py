"""A benchmark's result as text: tables of cells, and sentences. The terminal and the Markdown page show these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from benchmarks.benchmark import PARTS, BenchmarkResult, times_faster
from benchmarks.measurements import Measurement, Table
from benchmarks.targets import TargetResult


@dataclass(frozen=True)
class TextTable:
    """A table of texts under a title, with notes below it.

    Attributes:
        title: Its title.
        head: One heading per column; the first and the last column are left-aligned, the others right-aligned.
        rows: One text per column.
        notes: One sentence each.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def without_empty_columns(self) -> TextTable:
        """The same table with only the columns that have a text in some row."""
        kept = [column for column in range(len(self.head)) if any(row[column] for row in self.rows)]
        rows = tuple(tuple(row[column] for column in kept) for row in self.rows)
        return TextTable(self.title, tuple(self.head[column] for column in kept), rows, self.notes)


def text_tables(result: BenchmarkResult) -> Iterator[TextTable]:
    """Every table of a result, targets first; columns without any text are left out."""
    measured = [one for one in result.target_results if one.target.part in result.seconds]
    if measured:
        yield _target_table(measured).without_empty_columns()
    measurements = result.measurements
    head = ("", "value", "min .. max", "n", "ratio", "share", "note")
    for tables in result.tables.values():
        for table in tables:
            rows = tuple(_row(measurement, measurements) for measurement in table.measurements)
            notes = (*_baseline_notes(table, result), *table.notes)
            yield TextTable(table.title, head, rows, notes).without_empty_columns()


def sentences(result: BenchmarkResult) -> Iterator[str]:
    """What was run, on what, how long it took, and what could not be measured."""
    yield f"{result.command}, {result.started_at:%Y-%m-%d %H:%M} UTC"
    yield ", ".join(f"{name}: {value}" for name, value in result.machine.items())
    yield ", ".join(f"{name} {value}" for name, value in result.versions.items())
    seconds = ", ".join(f"{part} {seconds:.0f} s" for part, seconds in result.seconds.items())
    yield f"It took {sum(result.seconds.values()) / 60:.1f} minutes: {seconds}."
    for part, reason in result.failures.items():
        yield f"Not measured to its end: {part} ({PARTS[part]}). {reason}"


def _target_table(results: list[TargetResult]) -> TextTable:
    rows = tuple(
        (
            result.target.name,
            result.target.bound_text,
            "" if result.reached is None else number(result.reached),
            {True: "met", False: "MISSED", None: "not measured"}[result.met],
        )
        for result in results
    )
    measured = [result for result in results if result.met is not None]
    met = sum(result.met is True for result in measured)
    return TextTable(
        f"Targets: {met} of {len(measured)} measured are met", ("target", "bound", "reached", "result"), rows
    )


def _baseline_notes(table: Table, result: BenchmarkResult) -> Iterator[str]:
    """What the ratios of a table are relative to."""
    titles = {
        measurement.key: other.title
        for tables in result.tables.values()
        for other in tables
        for measurement in other.measurements
    }
    measurements = result.measurements
    compared = (one for one in table.measurements if times_faster(one, measurements) is not None)
    for key in dict.fromkeys(measurement.baseline for measurement in compared):
        where = "" if titles[key] == table.title else f" ({titles[key]})"
        yield f"The ratio is relative to: {measurements[key].name}{where}."


def _row(measurement: Measurement, measurements: Mapping[str, Measurement]) -> tuple[str, ...]:
    ratio = times_faster(measurement, measurements)
    return (
        measurement.name,
        f"{number(measurement.value)} {measurement.unit}",
        f"{number(measurement.min)} .. {number(measurement.max)}",
        str(len(measurement.samples)),
        "" if ratio is None else f"{number(ratio)}× faster" if ratio >= 1 else f"{number(1 / ratio)}× as long",
        "" if measurement.share is None else f"{measurement.share:.0%}",
        measurement.note,
    )


def number(value: float) -> str:
    """Three significant digits: ``0.0123``, ``1.23``, ``123``; integers above: ``12,345``."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 0
    while abs(value) * 10**digits < 100 and digits < 4:
        digits += 1
    return f"{value:.{digits}f}"
