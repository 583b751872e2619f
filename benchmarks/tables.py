"""A benchmark as Rich tables."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from benchmarks.benchmark import Benchmark
from benchmarks.formatting import Block, blocks, sentences
from mnist_lab.render.tables import empty_table

_STYLES = {"met": "green", "MISSED": "bold red", "not measured": "dim"}


def benchmark_tables(benchmark: Benchmark) -> RenderableType:
    """Verdicts and all figures, and what they were measured on."""
    told = [Text(sentence, "dim") for sentence in sentences(benchmark)]
    return Group(*(_block(block) for block in blocks(benchmark)), *told)


def _block(block: Block) -> RenderableType:
    kept = [place for place in range(len(block.head)) if any(row[place] for row in block.rows)]
    head = [block.head[place] for place in kept]
    table = empty_table(*head, right=head[1:-1])
    for row in block.rows:
        table.add_row(*(Text(row[place], _STYLES.get(row[place], "")) for place in kept))
    notes = [Text(note, "dim") for note in block.notes]
    return Group(Text(block.title, "bold"), table, *notes, Text())
