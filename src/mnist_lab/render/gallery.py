"""Galleries of digit images with captions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from mnist_lab.render.colour_depth import ColourDepth, colour_depth_of
from mnist_lab.render.digits import DigitImage, Scale, height_of, width_of

_ENOUGH = 4
"""Images are drawn large where at least this many fit."""


@dataclass(frozen=True)
class Picture:
    """An image of a digit and its caption lines, the most important first."""

    pixels: bytes
    captions: Sequence[Text]


@dataclass(frozen=True)
class GalleryLayout:
    """The layout of a gallery's page.

    Attributes:
        scale: Scale of the images; None where there is only room for captions.
        columns, rows: Number of images across and down.
        captions: Caption lines below each image.
        gap: Columns between two images. Default: 1.
    """

    scale: Scale | None
    columns: int
    rows: int
    captions: int
    gap: int = 1

    @property
    def size(self) -> int:
        """Number of images on a page."""
        return self.columns * self.rows


def gallery_layout(width: int, height: int, captions: int, *, large: bool | None = None) -> GalleryLayout:
    """Find a layout.

    Args:
        width: Available columns.
        height: Available lines.
        captions: Caption lines below each image; fewer where there is no room.
        large: Whether images are large if at least one fits. Default: if several fit.
    """
    big, small = _fitting(1, width, height, captions), _fitting(2, width, height, captions)
    if big.size and (large or (large is None and big.size >= _ENOUGH)):
        return big
    if small.size:
        return small
    return GalleryLayout(None, 1, max(1, height), 1)


@dataclass(frozen=True)
class Gallery:
    """A page of images.

    Attributes:
        count: Number of images on all pages.
        picture: Makes an image by its index and the width of its captions in columns; called for those on the page.
        layout: The layout of the page.
        page: Which page, from 0. Default: the first.
        colour_depth: The colour depth to draw with. Default: that of the console.
    """

    count: int
    picture: Callable[[int, int], Picture]
    layout: GalleryLayout
    _: KW_ONLY
    page: int = 0
    colour_depth: ColourDepth | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        depth = self.colour_depth or colour_depth_of(console, options)
        for line in self.lines(depth):
            line.truncate(options.max_width)
            yield from line.render(console)
            yield Segment.line()

    def lines(self, depth: ColourDepth) -> list[Text]:
        """The page as lines."""
        layout = self.layout
        indices = range(self.page * layout.size, self.count)[: layout.size]
        if layout.scale is None:
            return [Text("  ", end="").join(self.picture(index, width_of(2)).captions) for index in indices]
        shown = [self.picture(index, width_of(layout.scale)) for index in indices]
        cards = [_card(picture, layout, depth) for picture in shown]
        return [
            Text(" " * layout.gap, end="").join(row)
            for first in range(0, len(cards), layout.columns)
            for row in zip(*cards[first : first + layout.columns], strict=True)
        ]


def page_count(count: int, layout: GalleryLayout) -> int:
    """Number of pages, at least 1."""
    return max(1, -(-count // layout.size))


def _fitting(scale: Scale, width: int, height: int, captions: int) -> GalleryLayout:
    columns, gap = (width + 1) // (width_of(scale) + 1), 1
    if columns < 2 <= width // width_of(scale):  # two without a gap are better than one
        columns, gap = 2, 0
    captions = max(1, min(captions, height - height_of(scale)))
    return GalleryLayout(scale, columns, height // (height_of(scale) + captions), captions, gap)


def _card(picture: Picture, layout: GalleryLayout, depth: ColourDepth) -> list[Text]:
    assert layout.scale is not None
    width = width_of(layout.scale)
    card = DigitImage(picture.pixels, scale=layout.scale).lines(depth)
    for caption in [*picture.captions, *[Text()] * layout.captions][: layout.captions]:
        line = caption.copy()
        line.truncate(width, overflow="ellipsis")
        line.append(" " * (width - cell_len(line.plain)))
        card.append(line)
    return card
