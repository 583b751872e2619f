"""Several digits with a caption each, as many as the room there is takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.text import Text

from mnist_lab.render.digits import Digit, Scale, height_of, width_of
from mnist_lab.render.shades import Shades, shades_of

_ENOUGH = 4
"""Pictures are drawn large where at least so many fit."""


@dataclass(frozen=True)
class Picture:
    """A digit and what is said below it; ``captions`` has one line each, from the most to the least needed."""

    pixels: bytes
    captions: Sequence[Text]


@dataclass(frozen=True)
class Arrangement:
    """How pictures lie in some room.

    Attributes:
        scale: How large they are; None where there is only room for words.
        columns, rows: How many lie beside and below each other.
        captions: Lines of caption below each.
        gap: Columns between two.
    """

    scale: Scale | None
    columns: int
    rows: int
    captions: int
    gap: int = 1

    @property
    def size(self) -> int:
        """How many there are on a page."""
        return self.columns * self.rows


def arrange(width: int, height: int, captions: int, *, large: bool | None = None) -> Arrangement:
    """How pictures with so many lines of caption lie in ``width`` columns and ``height`` lines.

    Args:
        width: Columns there are.
        height: Lines there are.
        captions: Lines below each picture; fewer where there is no room.
        large: Whether they are to be large if at least one fits; if None, where several do.
    """
    big, small = _fitting(1, width, height, captions), _fitting(2, width, height, captions)
    if big.size and (large or (large is None and big.size >= _ENOUGH)):
        return big
    if small.size:
        return small
    return Arrangement(None, 1, max(1, height), 1)


@dataclass(frozen=True)
class Gallery:
    """One page of pictures.

    Attributes:
        count: How many pictures there are in all.
        picture: Gives one of them by its place, for captions of so many columns; only those on the page are asked for.
        arrangement: How they lie.
        page: Which page, from 0.
        shades: What to draw with; what the console has if None.
    """

    count: int
    picture: Callable[[int, int], Picture]
    arrangement: Arrangement
    _: KW_ONLY
    page: int = 0
    shades: Shades | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        drawn_with = self.shades or shades_of(console, options)
        for line in self.lines(drawn_with):
            line.truncate(options.max_width)
            yield from line.render(console)
            yield Segment.line()

    def lines(self, drawn_with: Shades) -> list[Text]:
        """The page line by line."""
        how = self.arrangement
        places = range(self.page * how.size, self.count)[: how.size]
        if how.scale is None:
            return [Text("  ", end="").join(self.picture(place, width_of(2)).captions) for place in places]
        shown = [self.picture(place, width_of(how.scale)) for place in places]
        cards = [_card(picture, how, drawn_with) for picture in shown]
        return [
            Text(" " * how.gap, end="").join(beside)
            for first in range(0, len(cards), how.columns)
            for beside in zip(*cards[first : first + how.columns], strict=True)
        ]


def pages(count: int, arrangement: Arrangement) -> int:
    """How many pages there are; at least one."""
    return max(1, -(-count // arrangement.size))


def _fitting(scale: Scale, width: int, height: int, captions: int) -> Arrangement:
    columns, gap = (width + 1) // (width_of(scale) + 1), 1
    if columns < 2 <= width // width_of(scale):  # rather without a gap than alone
        columns, gap = 2, 0
    captions = max(1, min(captions, height - height_of(scale)))
    return Arrangement(scale, columns, height // (height_of(scale) + captions), captions, gap)


def _card(picture: Picture, how: Arrangement, drawn_with: Shades) -> list[Text]:
    assert how.scale is not None
    width = width_of(how.scale)
    card = Digit(picture.pixels, scale=how.scale).lines(drawn_with)
    for caption in [*picture.captions, *[Text()] * how.captions][: how.captions]:
        line = caption.copy()
        line.truncate(width, overflow="ellipsis")
        line.append(" " * (width - cell_len(line.plain)))
        card.append(line)
    return card
