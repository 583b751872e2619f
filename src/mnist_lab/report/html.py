"""A report as one page of HTML that needs nothing else: no network, no script."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.report import templates
from mnist_lab.report.blocks import Block, Heading


def page(blocks: Iterable[Block]) -> str:
    """The whole page, entitled as its first heading is."""
    blocks = list(blocks)
    headings = [block for block in blocks if isinstance(block, Heading)]
    return templates.render(
        "page.html.j2",
        title=headings[0].text,
        contents=[heading for heading in headings if heading.level == 2],
        blocks=[(type(block).__name__.lower(), block) for block in blocks],
    )
