"""A report as one page of HTML that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html import escape
from importlib.resources import files

from mnist_lab.report import pictures
from mnist_lab.report.answers import Answers
from mnist_lab.report.blocks import (
    Assumptions,
    Block,
    Chart,
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
from mnist_lab.report.ledger.table import SIGNS


def page(blocks: Iterable[Block]) -> str:
    """The whole page."""
    blocks = list(blocks)
    title = next(block.text for block in blocks if isinstance(block, Heading))
    contents = [block for block in blocks if isinstance(block, Heading) and block.level == 2]
    links = "".join(f'<li><a href="#{block.anchor}">{_text(block.text)}</a></li>' for block in contents)
    body: list[str] = []
    for block in blocks:
        body.append(_written(block))
        if isinstance(block, Heading) and block.level == 1:
            body.append(f'<nav aria-label="Contents"><ul>{links}</ul></nav>')
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{_text(title)}</title>\n<style>\n{style()}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + "\n</main>\n</body>\n</html>\n"
    )


@cache
def style() -> str:
    """The page's style sheet."""
    return files(__package__).joinpath("style.css").read_text(encoding="utf-8")


def _written(block: Block) -> str:
    match block:
        case Heading(level, text, anchor):
            return f'<h{level} id="{anchor}">{_text(text)}</h{level}>'
        case Paragraph(text, caution):
            return f'<p class="caution">{_text(text)}</p>' if caution else f"<p>{_text(text)}</p>"
        case Points(lines):
            return "<ul class=found>" + "".join(f"<li>{_linked(line)}</li>" for line in lines) + "</ul>"
        case Tally(counts):
            return _tally(counts)
        case Assumptions(assumptions):
            entries = (
                f"<div><dt>{_text(one.unsaid)}</dt><dd><strong>{_text(one.chosen)}</strong> {_text(one.why)}</dd></div>"
                for one in assumptions
            )
            return f"<dl class=assumptions>{''.join(entries)}</dl>"
        case Ledger(judgements):
            return "\n".join(_entry(judgement) for judgement in judgements)
        case Table():
            note = f"<p class=note>{_text(block.note)}</p>" if block.note else ""
            return _table(block.caption, block.head, block.rows) + note
        case Charts(charts, caption):
            drawn = "".join(f"<div class=chart>{_chart(chart)}</div>" for chart in charts)
            told = f"<figcaption>{_text(caption)}</figcaption>"
            return f"<figure class=charts><div class=panels>{drawn}</div>{told}</figure>"
        case Confusion(answers, caption):
            return _confusion(answers, caption)
        case Mistakes(answers, caption):
            return _mistakes(answers, caption)
        case Code(text):
            return f"<pre><code>{_text(text)}</code></pre>"


def _text(text: str) -> str:
    """Text as HTML, in which a number and its sign stay together."""
    return escape(text).replace(" %", "\u00a0%")


def _linked(line: Line) -> str:
    return "".join(
        f'<a href="#claim-{part.id}">{_text(part.gist)}</a>' if isinstance(part, Claim) else _text(part)
        for part in line
    )


def _slug(verdict: str) -> str:
    return verdict.replace(" ", "-")


def _tally(counts: Iterable[tuple[str, int]]) -> str:
    parts = (
        f'<li class="{_slug(verdict)}" style="flex-grow: {count}"><b>{count}</b> {verdict}</li>'
        for verdict, count in counts
        if count
    )
    return f'<ul class=tally aria-label="Claims by verdict">{"".join(parts)}</ul>'


def _entry(judgement: Judgement) -> str:
    claim = judgement.claim
    about = f" <span class=reading>of {_text(claim.about)}</span>" if claim.about else ""
    reading = f" <span class=reading>({_text(claim.reading)})</span>" if claim.reading else about
    note = f"<p class=note>{_text(claim.note)}</p>" if claim.note else ""
    against = "".join(f' <a href="#claim-{other}">{_text(other)}</a>' for other in claim.against)
    against = f"<p class=note>It cannot be true together with{against}.</p>" if against else ""
    rows = cells.rows(judgement)
    table = ""
    if rows:
        table = f"<details><summary>Figures</summary>{_table(f'What {claim.id} rests on', cells.HEAD, rows)}</details>"
    return (
        f'<article class="claim {_slug(judgement.verdict)}" id="claim-{claim.id}">'
        f'<header><p class=verdict><span aria-hidden="true">{SIGNS[judgement.verdict]}</span> {judgement.verdict}</p>'
        f"<p class=id>{claim.id}</p></header>"
        f"<div><h4>“{_text(claim.words)}”{reading}</h4>"
        f"<p>{_text(judgement.sentence)}</p>{note}{against}{table}</div></article>"
    )


def _table(caption: str, head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    names = "".join(f'<th scope="col">{_text(name)}</th>' if name else "<td></td>" for name in head)
    body = "".join(
        f'<tr><th scope="row">{_text(first)}</th>{"".join(f"<td>{_text(cell)}</td>" for cell in cells)}</tr>'
        for first, *cells in rows
    )
    return (
        f'<div class=wide tabindex="0" role="group" aria-label="{_text(caption)}"><table>'
        f"<caption>{_text(caption)}</caption><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _chart(chart: Chart) -> str:
    """A picture whose inner names no other one on the page has."""
    name = chart.name
    return (
        chart.svg.replace('id="', f'id="{name}-')
        .replace('href="#', f'href="#{name}-')
        .replace("url(#", f"url(#{name}-")
    )


def _confusion(answers: Answers, caption: str) -> str:
    most = max((count for row in range(10) for said, count in enumerate(answers.counts[row]) if said != row), default=1)
    head = "".join(f'<th scope="col">{digit}</th>' for digit in range(10))
    rows = []
    for true, counts in enumerate(answers.counts):
        cells = "".join(
            f"<td class=right>{count}</td>"
            if said == true
            else f'<td style="--share: {100 * count / max(most, 1):.0f}%">{count or "·"}</td>'
            for said, count in enumerate(counts)
        )
        rows.append(f'<tr><th scope="row">{true}</th>{cells}</tr>')
    return (
        f'<div class=wide tabindex="0" role="group" aria-label="{_text(caption)}"><table class=confusion>'
        f"<caption>{_text(caption)}</caption><thead><tr><td></td>{head}"
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _mistakes(answers: Answers, caption: str) -> str:
    tiles = "".join(
        f'<li><img class=ink src="{pictures.png(one)}" width="56" height="56" alt="{_text(pictures.told(one))}">'
        f"<span>{one.true} → {one.said}</span></li>"
        for one in answers.mistakes
    )
    return f"<figure class=mistakes><ul>{tiles}</ul><figcaption>{_text(caption)}.</figcaption></figure>"
