"""The confusion matrix as drawings kept in files, and by what must hold for any."""

from __future__ import annotations

import random

import pytest
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

from mnist_lab.render.colour_depth import ColourDepth
from mnist_lab.render.matrix import Matrix
from tests.processes import output_of
from tests.render.drawing import drawn, is_golden

COUNTS = tuple(
    tuple(
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009][true] - 40
        if true == predicted
        else (7 * true + 3 * predicted) % 12 * ((true + predicted) % 2)
        for predicted in range(10)
    )
    for true in range(10)
)
NOTHING = ((0,) * 10,) * 10

SENT = """
import sys
from rich.console import Console
from mnist_lab.render.matrix import Matrix
counts = tuple(tuple(900 if true == predicted else true * predicted for predicted in range(10)) for true in range(10))
console = Console(force_terminal=True, color_system=sys.argv[1] or None, width=80, _environ={})
console.print(Matrix(counts, selected=(4, 9), width=60))
"""


@pytest.mark.parametrize(
    ("width", "height"), [(51, None), (80, None), (51, 11), (40, 6), (31, 12), (20, 12), (20, 2), (11, None)]
)
def test_drawing(width: int, height: int | None) -> None:
    drawing = drawn(Matrix(COUNTS, selected=(4, 9), width=width, height=height), encoding="ascii")
    assert is_golden(drawing, f"matrix/{width}x{height or 'all'}")


def test_it_fits_next_to_an_image_on_a_small_screen() -> None:
    matrix = Matrix(COUNTS)
    assert matrix.narrowest == 51
    rows = drawn(matrix, 51).splitlines()
    assert len(rows) == 12
    for true, row in enumerate(rows[2:]):
        assert row.split() == [str(true), *map(str, COUNTS[true])]


def test_the_selected_cell_is_marked_without_colour_too() -> None:
    rows = drawn(Matrix(COUNTS, selected=(4, 9), width=51)).splitlines()
    assert rows[6].endswith(f"[{COUNTS[4][9]}]")
    assert "".join(rows).count("[") == 1
    assert "[1095 " in drawn(Matrix(COUNTS, selected=(1, 1), width=51)), "there is room for one bracket"
    for colour_depth in ("truecolor", "256", "16", "none"):
        *_, last = Matrix(COUNTS, selected=(4, 9)).lines(51, colour_depth)[6].spans
        assert isinstance(last.style, Style)
        assert last.style.reverse


@pytest.mark.parametrize("colour_depth", ["truecolor", "16"])
@pytest.mark.parametrize("dark", [True, False])
def test_right_and_wrong_are_tinted_apart_and_no_mistake_is_not_tinted(colour_depth: ColourDepth, dark: bool) -> None:
    counts = tuple(
        tuple(1000 if true == predicted else 100 * (predicted == 3) for predicted in range(10)) for true in range(10)
    )
    (row,) = Matrix(counts, dark=dark).lines(51, colour_depth)[2:3]
    papers = [span.style.bgcolor for span in row.spans[1:] if isinstance(span.style, Style)]
    assert papers[1] is None
    assert papers[0] not in (None, papers[3])
    assert papers[3] is not None


def test_numbers_can_be_read_on_every_tint() -> None:
    for dark in (True, False):
        for line in Matrix(COUNTS, dark=dark).lines(51, "truecolor")[2:]:
            for span in line.spans:
                assert isinstance(span.style, Style)
                if span.style.bgcolor is not None:
                    assert abs(lightness(span.style.color) - lightness(span.style.bgcolor)) > 90


def lightness(colour: Color | None) -> float:
    assert colour is not None
    red, green, blue = colour.get_truecolor()
    return 0.299 * red + 0.587 * green + 0.114 * blue


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("colour_depth", ["truecolor", "256", "16", "none"])
def test_it_never_takes_more_than_its_room(seed: int, colour_depth: ColourDepth) -> None:
    rng = random.Random(seed)
    counts = tuple(tuple(rng.choice([0, 1, 30, 5_000, 10**7]) for _ in range(10)) for _ in range(10))
    width, height = rng.randint(1, 120), rng.randint(1, 20)
    cell = (rng.randrange(10), rng.randrange(10))
    matrix = Matrix(rng.choice([counts, NOTHING]), selected=cell, width=width, height=height)
    lines = matrix.lines(width, colour_depth)
    assert len(lines) <= height
    if width >= 11:
        assert max(cell_len(line.plain) for line in lines) <= width
        if height > 1:
            assert any(line.plain.startswith(str(cell[0])) for line in lines), "the selected row is in view"


@pytest.mark.parametrize(("width", "height"), [(51, None), (80, 12), (40, 6), (20, 3)])
def test_a_column_and_a_line_belong_to_the_cell_drawn_there(width: int, height: int | None) -> None:
    matrix = Matrix(COUNTS, selected=(7, 2), width=width, height=height)
    rows = drawn(matrix, width).splitlines()
    at = {matrix.cell_at(column, line, width): (column, line) for line in range(len(rows)) for column in range(width)}
    column, line = at[7, 2]
    assert rows[line].startswith("7")
    if height != 3:
        assert rows[line][column] == "]"
    assert matrix.cell_at(0, line, width) is None
    assert matrix.cell_at(10_000, line, width) is None
    assert matrix.cell_at(5, 10_000, width) is None


@pytest.mark.parametrize(
    ("system", "sent", "never"),
    [("truecolor", "48;2;", "48;5;"), ("256", "48;5;", "48;2;"), ("standard", "44m", "48;"), ("", "[36]", "48;")],
)
def test_a_terminal_is_sent_only_what_it_can_show(system: str, sent: str, never: str) -> None:
    output = output_of(SENT, system)
    assert sent in output
    assert never not in output
