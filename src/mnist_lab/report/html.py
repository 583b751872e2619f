"""A report as one page of HTML without scripts, external files or network access."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.report import templates
from mnist_lab.report.blocks import Block, Heading


def page(blocks: Iterable[Block]) -> str:
    """The page as HTML, with the text of its first heading as title."""
    blocks = list(blocks)
    headings = [block for block in blocks if isinstance(block, Heading)]
    return templates.render(
        "page.html.j2",
        title=headings[0].text,
        contents=[heading for heading in headings if heading.level == 2],
        blocks=[(type(block).__name__.lower(), block) for block in blocks],
    )
