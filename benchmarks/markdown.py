"""A benchmark as a Markdown page."""

from __future__ import annotations

from benchmarks.benchmark import Benchmark
from benchmarks.formatting import blocks, sentences

_HEAD = """# Benchmarks

Made by `mnist-lab bench`, not typed. A figure is the median of its `n` samples where its name says nothing else; the
least and the most stand beside it. What is compared was measured in turns, in one run on one machine. `share`: of the
machine's measured rate of matrix products.
"""

BY_HAND = "<!-- From here on by hand: the benchmark leaves it as it is. -->"


def page(benchmark: Benchmark, before: str = "") -> str:
    """The whole page; of the page that was there before, what stands from :data:`BY_HAND` on is kept."""
    parts = [_HEAD, "\n".join(f"- {_plain(sentence)}" for sentence in sentences(benchmark)) + "\n"]
    for block in blocks(benchmark):
        kept = [place for place in range(len(block.head)) if any(row[place] for row in block.rows)]
        lines = [_line([block.head[place] for place in kept]), _line(["---"] + ["---:"] * (len(kept) - 2) + ["---"])]
        lines += [_line([row[place] for place in kept]) for row in block.rows]
        parts.append(f"## {block.title}\n\n" + "\n".join(lines) + "\n")
        if block.notes:
            parts.append("\n".join(f"- {_plain(note)}" for note in block.notes) + "\n")
    _, mark, by_hand = before.partition(BY_HAND)
    if mark:
        parts.append(mark + by_hand)
    return "\n".join(parts)


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(_plain(cell) for cell in cells) + " |"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
