"""A report as Markdown, its pictures as files beside it."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.render.palette import COLOURS
from mnist_lab.report import templates
from mnist_lab.report.answers import Answers
from mnist_lab.report.blocks import (
    Assumptions,
    Block,
    Charts,
    Code,
    Confusion,
    Heading,
    Ledger,
    Line,
    Mistakes,
    Paragraph,
    Points,
    Table,
    Tally,
)
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger import Judgement, cells

FOLDER = "figures"

_MISTAKES = "mistakes"
_ALONE = (
    "<style>svg{color:#1d1c1a;font-family:system-ui,sans-serif;"
    + "".join(f"--series-{place}:{colour};" for place, colour in enumerate(COLOURS))
    + "}@media (prefers-color-scheme:dark){svg{color:#e8e4dc}.ink{filter:invert(1)}}</style>"
)
"""What a picture needs that stands in a file of its own."""


def page(blocks: Iterable[Block]) -> str:
    """The whole page."""
    return "\n\n".join(_written(block) for block in blocks) + "\n"


def pictures_of(blocks: Iterable[Block]) -> dict[str, str]:
    """The content of each picture's file, by its name."""
    found: dict[str, str] = {}
    for block in blocks:
        if isinstance(block, Charts):
            found |= {f"{chart.name}.svg": _alone(chart.svg) for chart in block.charts}
        elif isinstance(block, Mistakes):
            found[f"{_MISTAKES}.svg"] = _alone(_sheet(block.answers))
    return found


def _sheet(answers: Answers) -> str:
    """All mistakes that are shown in one ``svg`` element."""
    width, height, across = 76, 88, 8
    tiles = [
        (mistake, index % across * width, index // across * height) for index, mistake in enumerate(answers.mistakes)
    ]
    rows = -(-len(tiles) // across)
    return templates.render("mistakes.svg.j2", tiles=tiles, width=across * width, height=rows * height)


def _alone(svg: str) -> str:
    end = svg.index(">") + 1
    return f"{svg[:end]}{_ALONE}{svg[end:].rstrip()}\n"


def _written(block: Block) -> str:
    match block:
        case Heading(level, text, anchor):
            return f'<a id="{anchor}"></a>\n\n{"#" * level} {_plain(text)}'
        case Paragraph(text, caution):
            return f"> {_plain(text)}" if caution else _plain(text)
        case Points(lines):
            return "\n".join(f"- {_linked(line)}" for line in lines)
        case Tally(counts):
            return _table(("Verdict", "Claims"), ((verdict, str(count)) for verdict, count in counts))
        case Assumptions(assumptions):
            return "\n".join(
                f"- {_plain(one.unsaid)} **{_plain(one.chosen)}** {_plain(one.why)}" for one in assumptions
            )
        case Ledger(judgements):
            return "\n\n".join(_entry(judgement) for judgement in judgements)
        case Table(caption, head, rows, note):
            told = f"**{_plain(caption)}**\n\n{_table(head, rows)}"
            return f"{told}\n\n{_plain(note)}" if note else told
        case Charts(charts, caption):
            drawn = "\n".join(f"![{_plain(chart.description)}]({FOLDER}/{chart.name}.svg)" for chart in charts)
            return f"{drawn}\n\n{_plain(caption)}"
        case Confusion(answers, caption):
            counted = ((str(true), *map(str, counts)) for true, counts in enumerate(answers.counts))
            return f"**{_plain(caption)}**\n\n{_table(('', *map(str, range(10))), counted)}"
        case Mistakes(_, caption):
            return f"![{_plain(caption)}]({FOLDER}/{_MISTAKES}.svg)\n\n{_plain(caption)}."
        case Code(text):
            return f"```\n{text}\n```"


def _linked(line: Line) -> str:
    return "".join(
        f"[{_plain(part.gist)}](#claim-{part.id})" if isinstance(part, Claim) else _plain(part) for part in line
    )


def _entry(judgement: Judgement) -> str:
    claim = judgement.claim
    about = f" of {claim.about}" if claim.about else ""
    reading = f" ({_plain(claim.reading)})" if claim.reading else about
    parts = [
        f'<a id="claim-{claim.id}"></a>\n\n**{judgement.verdict}**: “{_plain(claim.words)}”{reading}',
        _plain(judgement.sentence),
    ]
    if claim.note:
        parts.append(f"*{_plain(claim.note)}*")
    if claim.against:
        others = ", ".join(f"[{other}](#claim-{other})" for other in claim.against)
        parts.append(f"It cannot be true together with {others}.")
    if rows := cells.rows(judgement):
        parts.append(_table(cells.HEAD, rows))
    return "\n\n".join(parts)


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) + ("---:",) * (len(head) - 1), *(tuple(map(_plain, row)) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """Text that Markdown shows as it is."""
    for sign in "\\|<*_":
        text = text.replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return text
