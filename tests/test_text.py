"""Text from outside: nothing in it is obeyed by a terminal, everything else stays."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from mnist_lab.text import CleanLine, CleanText, clean, one_line
from tests.factories import OBEYED, is_harmless


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b[?1049hb", "ab"),
        ("a\x1b]52;c;cGF3bmVk\x07b", "ab"),
        ("a\x1b]0;title\x1b\\b", "ab"),
        ("a\x1b]8;;http://x\x9cb", "ab"),
        ("a\x1bP1;2|payload\x1b\\b", "ab"),
        ("a\x1b_kitty\x1b\\b\x1b^pm\x1b\\c", "abc"),
        ("a\x1b(0b", "ab"),
        ("a\x1bcb", "ab"),
        ("a\x1b]52;c;never ended", "a"),
        ("a\x9b2Jb", "a2Jb"),
        ("a\x9d52;c;x\x9cb", "a52;c;xb"),
        ("a\rb\bc\x00d\x7fe\x0cf", "abcdef"),
        ("\u202etxt.exe\u202c\u2066x\u2069\u200e\u200f\u061c", "txt.exex"),
        ("lone \ud800 surrogate \udcff", "lone  surrogate "),
    ],
)
def test_what_a_terminal_would_obey_is_taken_out(text: str, left: str) -> None:
    assert clean(text) == left


def test_taking_a_sequence_out_does_not_put_another_together() -> None:
    assert is_harmless(clean("\x1b\x1b[0m[31m\x1b\x1b]0;a\x07]52;c;b\x07"))
    assert is_harmless(clean("".join(map(chr, range(0x3000))) + OBEYED))


def test_ordinary_text_of_every_script_stays_as_it_is() -> None:
    text = "tab\there\nnew line, Ω ü 漢字 עברית 🙂 [bold]markup[/] 97.8 % = a|b \\ ‘x’"
    assert clean(text) == text


def test_a_line_has_single_spaces_and_no_ends() -> None:
    assert one_line("  a\n\tb \x1b[1m c\u2028d  ") == "a b c d"


def test_fields_are_cleaned_where_they_are_loaded() -> None:
    class Loaded(BaseModel):
        text: CleanText
        line: CleanLine | None = None
        lines: tuple[CleanLine, ...] = ()

    loaded = Loaded(text=f"a\n{OBEYED}", line=f" b\n{OBEYED}", lines=(f"c {OBEYED}",))
    assert loaded.text.startswith("a\nred")
    assert loaded.line is not None
    assert loaded.line.startswith("b red")
    assert is_harmless("".join((loaded.text, loaded.line, *loaded.lines)))
