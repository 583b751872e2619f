"""The ledger on a terminal: verdicts in words, signs and colours, and one judgement with all that it rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mnist_lab.report.ledger import Judgement, Verdict, cells

SIGNS: dict[Verdict, str] = {
    "holds": "✓",
    "contradicted": "✗",
    "too close to call": "≈",
    "not enough runs": "…",
    "not testable by accuracy": "∅",
}
"""A sign beside each verdict, so that none is told by its colour alone."""

STYLES: dict[Verdict, str] = {
    "holds": "bold green",
    "contradicted": "bold red",
    "too close to call": "yellow",
    "not enough runs": "dim",
    "not testable by accuracy": "dim",
}


def verdict_text(verdict: Verdict) -> Text:
    """A verdict with its sign."""
    return Text(f"{SIGNS[verdict]} {verdict}", STYLES[verdict])


def counted(judgements: Sequence[Judgement]) -> Text:
    """How many judgements have each verdict."""
    found = Counter(judgement.verdict for judgement in judgements)
    parts = [Text(f"{verdict} {found[verdict]}", STYLES[verdict]) for verdict in SIGNS if found[verdict]]
    return Text(" · ", "dim").join(parts)


def entry(judgement: Judgement) -> RenderableType:
    """One judgement: the words, where they stand, what is said of them, and the figures that rests on."""
    claim = judgement.claim
    title = Text.assemble((f"“{claim.words}”", "bold"))
    if claim.reading or claim.about:
        title.append(f" ({claim.reading})" if claim.reading else f" of {claim.about}")
    head = Text.assemble(verdict_text(judgement.verdict), (f"   {claim.place}", "dim"))
    parts: list[RenderableType] = [title, head, Text(), Text(judgement.sentence)]
    if claim.note:
        parts.append(Text(claim.note, "italic"))
    if claim.against:
        parts.append(Text(f"It cannot be true together with {', '.join(claim.against)}.", "italic"))
    rows = cells.rows(judgement)
    return Group(*parts, Text(), _table(rows)) if rows else Group(*parts)


def _table(rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for place, name in enumerate(cells.HEAD):
        table.add_column(name, justify="left" if place < 2 else "right", no_wrap=place == 0)
    for row in rows:
        table.add_row(*map(Text, row))
    return table
