"""A report as Markdown, with its charts in files of their own."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.render.palette import COLOURS
from mnist_lab.report import templates
from mnist_lab.report.blocks import (
    Assumptions,
    Block,
    BulletList,
    Charts,
    Code,
    Confusion,
    Heading,
    Ledger,
    LinkedText,
    Mistakes,
    Paragraph,
    TableBlock,
    Tally,
)
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.error_analysis import ErrorAnalysis
from mnist_lab.report.ledger import Judgement, cells
from mnist_lab.text import in_markdown

FOLDER = "figures"

_MISTAKES = "mistakes"
_ALONE = (
    "<style>svg{color:#1d1c1a;font-family:system-ui,sans-serif;"
    + "".join(f"--series-{index}:{colour};" for index, colour in enumerate(COLOURS))
    + "}@media (prefers-color-scheme:dark){svg{color:#e8e4dc}.ink{filter:invert(1)}}</style>"
)
"""The style of a chart in a file of its own."""


def page(blocks: Iterable[Block]) -> str:
    """The page as Markdown."""
    return "\n\n".join(_written(block) for block in blocks) + "\n"


def pictures_of(blocks: Iterable[Block]) -> dict[str, str]:
    """The SVG files of a page: their content by name."""
    found: dict[str, str] = {}
    for block in blocks:
        if isinstance(block, Charts):
            found |= {f"{chart.name}.svg": _alone(chart.svg) for chart in block.charts}
        elif isinstance(block, Mistakes):
            found[f"{_MISTAKES}.svg"] = _alone(_mistakes(block.analysis))
    return found


def _mistakes(analysis: ErrorAnalysis) -> str:
    """All kept mistakes as one ``svg`` element."""
    width, height, across = 76, 88, 8
    tiles = [
        (mistake, index % across * width, index // across * height) for index, mistake in enumerate(analysis.mistakes)
    ]
    rows = -(-len(tiles) // across)
    return templates.render("mistakes.svg.j2", tiles=tiles, width=across * width, height=rows * height)


def _alone(svg: str) -> str:
    end = svg.index(">") + 1
    return f"{svg[:end]}{_ALONE}{svg[end:].rstrip()}\n"


def _written(block: Block) -> str:
    match block:
        case Heading(level, text, anchor):
            return f'<a id="{anchor}"></a>\n\n{"#" * level} {in_markdown(text)}'
        case Paragraph(text, caution):
            return f"> {in_markdown(text)}" if caution else in_markdown(text)
        case BulletList(lines):
            return "\n".join(f"- {_linked(line)}" for line in lines)
        case Tally(counts):
            return _table(("Verdict", "Claims"), ((verdict, str(count)) for verdict, count in counts))
        case Assumptions(assumptions):
            return "\n".join(
                f"- {in_markdown(one.unspecified)} **{in_markdown(one.chosen)}** {in_markdown(one.why)}"
                for one in assumptions
            )
        case Ledger(judgements):
            return "\n\n".join(_entry(judgement) for judgement in judgements)
        case TableBlock(caption, head, rows, note):
            table = f"**{in_markdown(caption)}**\n\n{_table(head, rows)}"
            return f"{table}\n\n{in_markdown(note)}" if note else table
        case Charts(charts, caption):
            drawn = "\n".join(f"![{in_markdown(chart.description)}]({FOLDER}/{chart.name}.svg)" for chart in charts)
            return f"{drawn}\n\n{in_markdown(caption)}"
        case Confusion(analysis, caption):
            counted = ((str(true), *map(str, counts)) for true, counts in enumerate(analysis.counts))
            return f"**{in_markdown(caption)}**\n\n{_table(('', *map(str, range(10))), counted)}"
        case Mistakes(_, caption):
            return f"![{in_markdown(caption)}]({FOLDER}/{_MISTAKES}.svg)\n\n{in_markdown(caption)}."
        case Code(text):
            return f"```\n{text}\n```"


def _linked(line: LinkedText) -> str:
    return "".join(
        f"[{in_markdown(part.conclusion)}](#claim-{part.id})" if isinstance(part, Claim) else in_markdown(part)
        for part in line
    )


def _entry(judgement: Judgement) -> str:
    claim = judgement.claim
    network = f" of {claim.network_label}" if claim.network_label else ""
    reading = f" ({in_markdown(claim.reading)})" if claim.reading else network
    parts = [
        f'<a id="claim-{claim.id}"></a>\n\n**{judgement.verdict}**: “{in_markdown(claim.text)}”{reading}',
        in_markdown(judgement.sentence),
    ]
    if claim.note:
        parts.append(f"*{in_markdown(claim.note)}*")
    if claim.against:
        others = ", ".join(f"[{other}](#claim-{other})" for other in claim.against)
        parts.append(f"It cannot be true together with {others}.")
    if rows := cells.rows(judgement):
        parts.append(_table(cells.HEAD, rows))
    return "\n\n".join(parts)


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    head = tuple(head)
    lines = [
        tuple(map(in_markdown, head)),
        ("---",) + ("---:",) * (len(head) - 1),
        *(tuple(map(in_markdown, row)) for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
