"""A benchmark's result as Rich tables."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from benchmarks.benchmark import BenchmarkResult
from benchmarks.formatting import TextTable, sentences, text_tables
from mnist_lab.render.tables import empty_table

_STYLES = {"met": "green", "MISSED": "bold red", "not measured": "dim"}


def benchmark_tables(result: BenchmarkResult) -> RenderableType:
    """Targets and all measurements, and what they were measured on."""
    facts = [Text(sentence, "dim") for sentence in sentences(result)]
    return Group(*(_table(table) for table in text_tables(result)), *facts)


def _table(text: TextTable) -> RenderableType:
    table = empty_table(*text.head, right=text.head[1:-1])
    for row in text.rows:
        table.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    notes = [Text(note, "dim") for note in text.notes]
    return Group(Text(text.title, "bold"), table, *notes, Text())
