"""Pictures of digits, alone and several on a page, as drawings kept in files and by what must hold for any."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from rich.cells import cell_len
from rich.text import Text

from mnist_lab.render.digits import RAMP, SIDE, DigitImage, Scale
from mnist_lab.render.gallery import Gallery, GalleryLayout, Picture, gallery_layout, page_count
from tests.processes import output_of
from tests.render.drawing import drawn, is_golden

RING = bytes(
    max(0, min(255, int(420 - 130 * abs(((x - 13.5) ** 2 + (y - 13.5) ** 2) ** 0.5 - 8))))
    for y in range(SIDE)
    for x in range(SIDE)
)
"""A zero, more or less."""

SENT = """
import sys
from rich.console import Console
from mnist_lab.render.digits import DigitImage
console = Console(force_terminal=True, color_system=sys.argv[1] or None, width=80, _environ={})
console.print(DigitImage(bytes(range(196)) * 4))
"""


def captioned(captions: Sequence[str] = ("first", "second")) -> Picture:
    return Picture(RING, [Text(caption) for caption in captions])


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("way", ["blocks", "ramp", "ascii"])
def test_drawing(scale: Scale, way: str) -> None:
    drawing = drawn(
        DigitImage(RING, scale=scale), colour=way != "ramp", encoding="ascii" if way == "ascii" else "utf-8"
    )
    assert is_golden(drawing, f"digits/{'blocks' if way == 'blocks' else 'ramp'}_{scale}")


@pytest.mark.parametrize("colour_depth", ["truecolor", "256", "16", "none"])
@pytest.mark.parametrize("scale", [1, 2])
def test_it_is_28_by_14_cells_or_a_quarter_of_that(colour_depth: str, scale: Scale) -> None:
    lines = DigitImage(RING, scale=scale).lines(colour_depth)  # type: ignore[arg-type]
    assert len(lines) == 14 // scale
    assert {cell_len(line.plain) for line in lines} == {28 // scale}


def test_paper_and_ink_are_the_ends_of_the_scale() -> None:
    for level, character in ((0, " "), (255, RAMP[-1])):
        assert {line.plain for line in DigitImage(bytes([level]) * 784).lines("none")} == {character * 28}
        (line, *_) = DigitImage(bytes([level]) * 784).lines("truecolor")
        (span,) = line.spans
        assert f"on #{level:02x}{level:02x}{level:02x}" in str(span.style)


def test_the_upper_pixel_is_ink_and_the_lower_one_paper() -> None:
    pixels = bytes([255]) * SIDE + bytes(783 - SIDE + 1)
    (line, *_) = DigitImage(pixels).lines("truecolor")
    assert line.plain == "▀" * SIDE
    assert str(line.spans[0].style) == "#ffffff on #000000"


@pytest.mark.parametrize(
    ("system", "sent", "never"),
    [("truecolor", "38;2;", "38;5;"), ("256", "38;5;", "38;2;"), ("standard", "90;", "38;"), ("", ":", "\x1b")],
)
def test_a_terminal_is_sent_only_what_it_can_show(system: str, sent: str, never: str) -> None:
    output = output_of(SENT, system)
    assert sent in output
    assert never not in output


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="784 pixels, not 5"):
        DigitImage(b"12345")


@pytest.mark.parametrize(
    ("room", "large", "expected"),
    [
        ((140, 33), None, GalleryLayout(1, 4, 2, 2)),
        ((80, 18), None, GalleryLayout(2, 5, 2, 2)),
        ((80, 18), True, GalleryLayout(1, 2, 1, 2)),
        ((140, 33), False, GalleryLayout(2, 9, 3, 2)),
        ((28, 18), None, GalleryLayout(2, 2, 2, 2, gap=0)),
        ((14, 8), None, GalleryLayout(2, 1, 1, 1)),
        ((13, 40), None, GalleryLayout(None, 1, 40, 1)),
        ((80, 7), None, GalleryLayout(None, 1, 7, 1)),
        ((0, 0), None, GalleryLayout(None, 1, 1, 1)),
    ],
)
def test_as_many_pictures_as_there_is_room_for(
    room: tuple[int, int], large: bool | None, expected: GalleryLayout
) -> None:
    assert gallery_layout(*room, 2, large=large) == expected


@pytest.mark.parametrize("room", [(w, h) for w in (1, 13, 14, 28, 29, 57, 80, 200) for h in (1, 7, 8, 9, 15, 16, 40)])
@pytest.mark.parametrize("large", [None, True, False])
def test_a_page_never_takes_more_than_its_room(room: tuple[int, int], large: bool | None) -> None:
    width, height = room
    gallery = Gallery(1000, lambda index, width: captioned(), gallery_layout(width, height, 2, large=large))
    rows = drawn(gallery, width).splitlines()
    assert len(rows) <= height
    assert max(map(cell_len, rows)) <= width


def test_only_the_pictures_of_the_page_are_asked_for() -> None:
    asked = []

    def picture(index: int, width: int) -> Picture:
        asked.append((index, width))
        return captioned()

    how = gallery_layout(80, 18, 2)
    assert page_count(23, how) == 3
    Gallery(23, picture, how, page=2).lines("none")
    assert asked == [(20, 14), (21, 14), (22, 14)]


def test_nothing_is_one_empty_page() -> None:
    how = gallery_layout(80, 18, 2)
    assert page_count(0, how) == 1
    assert Gallery(0, lambda index, width: captioned(), how).lines("none") == []


def test_captions_are_shown_literally_and_cut_to_the_picture() -> None:
    gallery = Gallery(2, lambda index, width: captioned(("[bold]" + "x" * 40,)), gallery_layout(80, 18, 1))
    last = drawn(gallery).splitlines()[-1]
    assert last.startswith("[bold]xxxxxxx… [bold]xxxxxxx…")


def test_pages_as_drawn() -> None:
    assert is_golden(
        drawn(Gallery(3, lambda index, width: captioned(), gallery_layout(80, 20, 2))), "digits/page_80x20"
    )
    assert is_golden(drawn(Gallery(3, lambda index, width: captioned(), gallery_layout(40, 5, 2))), "digits/words_40x5")


def test_drawing_needs_no_arrays() -> None:
    assert output_of(
        "import sys, mnist_lab.render.gallery, mnist_lab.render.matrix; print('numpy' in sys.modules)"
    ) == ("False\n")
