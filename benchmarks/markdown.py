"""A benchmark's result as a Markdown page."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.benchmark import BenchmarkResult
from benchmarks.formatting import sentences, text_tables

HEADER = """# Benchmarks

Made by `make bench`, not typed. A value is the median of its `n` samples unless its name says otherwise; their minimum
and maximum stand next to it. What is compared was measured alternately, in one run on one machine. `share`: of the
machine's measured rate of matrix products.
"""

BY_HAND = "<!-- From here on by hand: the benchmark leaves it as it is. -->"


def page(result: BenchmarkResult, before: str = "") -> str:
    """The whole page. Of the previous page ``before``, everything from :data:`BY_HAND` on is kept."""
    blocks = [HEADER, _list(list(sentences(result)))]
    for table in text_tables(result):
        alignment = ["---", *["---:"] * (len(table.head) - 2), "---"]
        lines = [_line(table.head), _line(alignment), *map(_line, table.rows)]
        blocks.append(f"## {table.title}\n\n" + "\n".join(lines) + "\n")
        if table.notes:
            blocks.append(_list(table.notes))
    _, marker, by_hand = before.partition(BY_HAND)
    if marker:
        blocks.append(marker + by_hand)
    return "\n".join(blocks)


def _list(items: Sequence[str]) -> str:
    return "\n".join(f"- {_escaped(item)}" for item in items) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
