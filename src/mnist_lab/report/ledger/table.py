"""The ledger on a terminal: verdicts with symbols and colours, and one judgement in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mnist_lab.report.ledger import ClaimVerdict, Judgement, cells

SYMBOLS: dict[ClaimVerdict, str] = {
    "holds": "✓",
    "contradicted": "✗",
    "too close to call": "≈",
    "not enough runs": "…",
    "not testable by accuracy": "∅",
}
"""A symbol for each verdict, so that verdicts do not differ in colour alone."""

STYLES: dict[ClaimVerdict, str] = {
    "holds": "bold green",
    "contradicted": "bold red",
    "too close to call": "yellow",
    "not enough runs": "dim",
    "not testable by accuracy": "dim",
}


def verdict_text(verdict: ClaimVerdict) -> Text:
    """A verdict with its symbol."""
    return Text(f"{SYMBOLS[verdict]} {verdict}", STYLES[verdict])


def counts_text(judgements: Sequence[Judgement]) -> Text:
    """The number of judgements with each verdict."""
    found = Counter(judgement.verdict for judgement in judgements)
    parts = [Text(f"{verdict} {found[verdict]}", STYLES[verdict]) for verdict in SYMBOLS if found[verdict]]
    return Text(" · ", "dim").join(parts)


def judgement_page(judgement: Judgement) -> RenderableType:
    """One judgement: quote, verdict, location, sentence, notes and estimates."""
    claim = judgement.claim
    title = Text.assemble((f"“{claim.text}”", "bold"))
    if claim.reading or claim.network_label:
        title.append(f" ({claim.reading})" if claim.reading else f" of {claim.network_label}")
    head = Text.assemble(verdict_text(judgement.verdict), (f"   {claim.location}", "dim"))
    parts: list[RenderableType] = [title, head, Text(), Text(judgement.sentence)]
    if claim.note:
        parts.append(Text(claim.note, "italic"))
    if claim.against:
        parts.append(Text(f"It cannot be true together with {', '.join(claim.against)}.", "italic"))
    rows = cells.rows(judgement)
    return Group(*parts, Text(), _table(rows)) if rows else Group(*parts)


def _table(rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    for index, name in enumerate(cells.HEAD):
        table.add_column(name, justify="left" if index < 2 else "right", no_wrap=index == 0)
    for row in rows:
        table.add_row(*map(Text, row))
    return table
