"""Long tables: which columns there is room for, and what becomes of long and foreign texts."""

from __future__ import annotations

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from mnist_lab.render.listing import Listing, ListingColumn


def drawn(width: int, *columns: ListingColumn, first: tuple[str, ...] = (), colour: bool = False) -> list[str]:
    console = Console(file=StringIO(), width=width, force_terminal=colour, color_system="standard" if colour else None)
    console.print(Listing(columns, first, "--json has them all"), crop=False)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue().splitlines()


def test_numbers_stand_on_the_right_and_texts_on_the_left_under_their_titles() -> None:
    lines = drawn(40, ListingColumn("id", ["A", "BBB"]), ListingColumn("seed", ["1", "10"], right=True))
    assert lines == ["id    seed", "──────────", "A        1", "BBB     10"]


def test_what_there_is_no_room_for_is_left_out_and_named_the_first_ones_last() -> None:
    columns = [ListingColumn(name, [name * 2]) for name in ("aaaa", "bbbb", "cccc")]
    lines = drawn(19, *columns, first=("cccc",))
    assert lines[0].split() == ["aaaa", "cccc"]
    assert lines[2].split() == ["aaaa" * 2, "cccc" * 2]
    assert " ".join(" ".join(lines[3:]).split()) == "Not enough room for bbbb; --json has them all."


def test_a_title_that_is_no_column_is_no_obstacle() -> None:
    assert drawn(20, ListingColumn("id", ["A"]), first=("note", "id"))[2] == "A "


def test_long_texts_go_on_below_and_the_other_columns_keep_their_line() -> None:
    note = "one two three four five six seven eight nine ten eleven"
    lines = drawn(30, ListingColumn("id", ["A", "B"]), ListingColumn("note", [note, "short"], wraps=True))
    assert all(len(line) <= 30 for line in lines)
    assert [line[:2].strip() for line in lines[2:]] == ["A", "", "", "B"]
    assert " ".join(line[5:].strip() for line in lines[2:5]) == note


def test_a_word_longer_than_its_column_is_broken_not_lost() -> None:
    lines = drawn(24, ListingColumn("id", ["A"]), ListingColumn("note", ["x" * 50], wraps=True))
    assert "".join(line[5:].strip() for line in lines[2:]) == "x" * 50


@pytest.mark.parametrize("text", ["漢字", "e\u0301", "🙂 ok"])
def test_wide_and_combining_characters_keep_the_columns_apart(text: str) -> None:
    lines = drawn(40, ListingColumn("run", [text, "abcdef"]), ListingColumn("seed", ["1", "2"], right=True))
    assert len({cell_len(line) for line in lines[2:]}) == 1
    assert text in lines[2]


def test_styles_are_those_of_the_rows_also_where_rows_take_several_lines() -> None:
    long = "word " * 12
    status = ListingColumn("status", ["finished", "failed"], styles={0: "green", 1: "red"})
    first, *more, last = drawn(40, status, ListingColumn("note", [long, "n"], wraps=True), colour=True)[2:]
    assert "\x1b[32mfinished" in first
    assert "\x1b[31mfailed" in last
    assert more
    assert not any("\x1b[31m" in line for line in more)


def test_thousands_of_rows_are_as_many_lines() -> None:
    lines = drawn(40, ListingColumn("id", [f"{row:05}" for row in range(5000)]))
    assert lines[2:] == [f"{row:05}" for row in range(5000)]
