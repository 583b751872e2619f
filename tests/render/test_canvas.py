"""Lines, shading and glyphs on cells."""

from __future__ import annotations

from rich.style import Style

from mnist_lab.render.canvas import Canvas

RED, BLUE = Style(color="red"), Style(color="blue")


def text(canvas: Canvas) -> list[str]:
    return ["".join(part for part, _ in row) for row in canvas.lines()]


def test_lines_are_joined_and_one_dot_wide() -> None:
    flat = Canvas(3, 1)
    flat.line([(0, 0.5), (5, 0.5)], None)
    assert text(flat) == ["⠉⠉⠉"]
    upright = Canvas(1, 2)
    upright.line([(0, 0.5), (0, 7.5)], None)
    assert text(upright) == ["⡇", "⡇"]
    diagonal = Canvas(2, 1)
    diagonal.line([(0, 0.5), (3, 3.5)], None)
    assert text(diagonal) == ["⠑⢄"]
    steep = Canvas(1, 2)
    steep.line([(0, 7.5), (1, 0.5)], None)
    assert text(steep) == ["⢸", "⡇"]


def test_a_single_dot_is_drawn() -> None:
    canvas = Canvas(1, 1)
    canvas.line([(1, 3.2)], None)
    assert text(canvas) == ["⢀"]


def test_strokes_show_the_height_within_a_cell() -> None:
    canvas = Canvas(4, 1, ascii=True)
    canvas.line([(0, 2.5), (2, 0.5), (3, 0.5)], None)
    assert text(canvas) == [".-''"]
    upright = Canvas(1, 2, ascii=True)
    upright.line([(0, 0.5), (0, 5.5)], None)
    assert text(upright) == ["|", "|"]


def test_what_leaves_the_canvas_is_cut_at_its_edge() -> None:
    canvas = Canvas(2, 1)
    canvas.line([(0, -1e6), (1, 1.5), (2, 1e6), (3, 1.5)], None)
    assert text(canvas) == ["⢸⢰"]
    empty = Canvas(2, 1)
    empty.line([(0, -0.3), (3, -0.3)], None)
    empty.line([(0, 4.0), (3, 4.0)], None)
    assert text(empty) == ["  "]


def test_a_pattern_runs_on_over_corners() -> None:
    canvas = Canvas(6, 1, ascii=True)
    canvas.line([(0, 1.5), (3, 1.5), (5, 1.5)], None, (True, False))
    assert text(canvas) == ["- - - "]


def test_dots_add_up_and_the_last_line_gives_the_style() -> None:
    canvas = Canvas(2, 1)
    canvas.line([(0, 0.5), (3, 0.5)], RED)
    canvas.line([(0, 3.5), (1, 3.5)], BLUE)
    assert canvas.lines() == [[("⣉", BLUE), ("⠉", RED)]]


def test_what_is_behind_shows_only_where_no_line_passes() -> None:
    canvas = Canvas(2, 1)
    canvas.line([(0, 3.5), (3, 3.5)], RED, behind=True)
    canvas.line([(0, 0.5), (1, 0.5)], BLUE)
    assert canvas.lines() == [[("⠉", BLUE), ("⣀", RED)]]


def test_shading_is_lighter_than_lines_and_clipped() -> None:
    canvas = Canvas(1, 2)
    canvas.shade(0, -50.0, 1e6, RED)
    assert text(canvas) == ["⠡", "⠡"]
    plain = Canvas(1, 3, ascii=True)
    plain.shade(0, 3.0, 5.9, RED)
    assert text(plain) == [" ", ":", " "]


def test_glyphs_replace_lines() -> None:
    canvas = Canvas(2, 1)
    canvas.line([(0, 0.5), (3, 0.5)], RED)
    assert not canvas.is_free(0, 0)
    canvas.put(0, 0, "▲", BLUE)
    assert canvas.lines() == [[("▲", BLUE), ("⠉", RED)]]


def test_free_cells_are_on_the_canvas_and_empty() -> None:
    canvas = Canvas(2, 1)
    canvas.put(0, 0, "x", None)
    assert [canvas.is_free(column, 0) for column in (-1, 0, 1, 2)] == [False, False, True, False]
    assert not canvas.is_free(0, 1)
