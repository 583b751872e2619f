"""Comparisons as files: whole, new, and with what was shown."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from mnist_lab.analysis.tables import table, to_csv, to_markdown, to_rows
from mnist_lab.analysis.tables.export import save
from mnist_lab.errors import StoreError
from tests.factories import NOON, make_record

COMPARISON = table([make_record(note="é"), make_record(val_loss=float("nan"))])


def test_a_file_is_named_by_the_time_and_has_all_that_the_comparison_has(tmp_path: Path) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5)))
    path = save(COMPARISON, "csv", tmp_path, elsewhere)
    assert path == tmp_path / "mnist-lab-compare-20260102T120000Z.csv"
    assert path.read_text() == to_csv(COMPARISON)
    assert save(COMPARISON, "markdown", tmp_path, NOON).read_text() == to_markdown(COMPARISON) + "\n"
    told = json.loads(save(COMPARISON, "json", tmp_path, NOON).read_text())
    assert told == {"schema": 1, "runs": to_rows(COMPARISON)}


def test_nothing_that_is_there_is_written_over(tmp_path: Path) -> None:
    paths = [save(COMPARISON, "csv", tmp_path, NOON) for _ in range(3)]
    assert [path.name for path in paths] == [
        "mnist-lab-compare-20260102T120000Z.csv",
        "mnist-lab-compare-20260102T120000Z-2.csv",
        "mnist-lab-compare-20260102T120000Z-3.csv",
    ]
    assert sorted(tmp_path.iterdir()) == sorted(paths)


def test_what_cannot_be_written_is_told_in_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    with pytest.raises(StoreError, match=r"could not be written: no such file.*another folder\.$"):
        save(COMPARISON, "csv", folder, NOON)
    assert list(tmp_path.iterdir()) == []
