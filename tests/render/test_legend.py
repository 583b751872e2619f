"""The legend row."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from mnist_lab.render.labels import clean, shorten
from mnist_lab.render.legend import Entry, legend

NAMES = ["relu", "sigmoid", "tanh", "gelu", "elu", "swish", "selu", "softplus", "leaky_relu", "mish"]


def row(title: str, names: list[str], width: int, *, ascii: bool = False) -> str:
    entries = [Entry(name, "━━", None) for name in names]
    return "".join(text for text, _ in legend(title, entries, width, ascii=ascii))


def test_what_fits_is_shown_whole() -> None:
    assert row("val_accuracy", NAMES[:2], 40) == "val_accuracy         relu ━━  sigmoid ━━"
    assert row("val_accuracy", [], 20) == "val_accuracy        "


def test_what_does_not_fit_is_counted() -> None:
    text = row("val_accuracy", NAMES, 60)
    shown = [name for name in NAMES if f" {name} ━━" in text]
    assert shown == NAMES[: len(shown)]
    assert text.endswith(f"… +{len(NAMES) - len(shown)}")
    assert row("val_accuracy", NAMES, 60, ascii=True).endswith(f"... +{len(NAMES) - len(shown)}")


def test_long_labels_are_cut_before_entries_are_left_out() -> None:
    text = row("loss", ["a" * 40, "b" * 40], 60)
    assert text.startswith("loss  aaaa")
    assert text.count("…") == 2
    assert text.endswith("b… ━━")


@pytest.mark.parametrize("title", ["", "loss", "val_accuracy", "精度" * 10])
@pytest.mark.parametrize("names", [[], ["relu"], NAMES, ["長い名前" * 8, "b" * 300]])
def test_rows_are_exactly_as_wide_as_asked(title: str, names: list[str]) -> None:
    for width in range(1, 130):
        assert cell_len(row(title, names, width)) == width


def test_values_follow_their_keys() -> None:
    fragments = legend("loss", [Entry("a", "━━", None, "0.1000")], 30)
    assert "".join(text for text, _ in fragments).endswith("a ━━ 0.1000")


def test_texts_stay_literal_on_one_line() -> None:
    assert clean("[red]a[/]") == "[red]a[/]"
    assert clean("a\nb\x1b[31m\tc") == "a b [31m c"
    assert clean("精度 ü", ascii=True) == "?? ?"


def test_shortened_texts_fit() -> None:
    for text in ("abcdefgh", "精度精度精度"):
        for width in range(20):
            for ascii in (False, True):
                short = shorten(text, width, ascii=ascii)
                assert cell_len(short) <= width
                assert (short == text) == (cell_len(text) <= width)
    assert shorten("abcdefgh", 5) == "abcd…"
    assert shorten("abcdefgh", 5, ascii=True) == "ab..."
