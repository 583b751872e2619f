"""When a folder has to be looked into again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mnist_lab.store.folder_watch import FolderListing, FolderStamp

LONG_AGO = 1_700_000_000


def aged(folder: Path) -> FolderStamp:
    """The stamp of a folder that has been looked into, and did not change for long before."""
    os.utime(folder, (LONG_AGO, LONG_AGO))
    stamp = FolderStamp(folder)
    assert stamp.may_have_changed()
    return stamp


def test_a_folder_at_rest_is_looked_into_once(tmp_path: Path) -> None:
    stamp = aged(tmp_path)
    assert [stamp.may_have_changed() for _ in range(3)] == [False] * 3


@pytest.mark.parametrize("change", ["made", "removed", "renamed", "replaced"])
def test_whatever_comes_goes_or_is_replaced_is_noticed(tmp_path: Path, change: str) -> None:
    there = tmp_path / "there"
    there.touch()
    stamp = aged(tmp_path)
    match change:
        case "made":
            (tmp_path / "new").mkdir()
        case "removed":
            there.unlink()
        case "renamed":
            there.rename(tmp_path / "elsewhere")
        case "replaced":
            (tmp_path.parent / "other").touch()
            (tmp_path.parent / "other").replace(there)
    assert stamp.may_have_changed()


def test_a_time_stamp_too_young_to_be_trusted_is_no_proof(tmp_path: Path) -> None:
    now = time.time()
    os.utime(tmp_path, (now, now))
    stamp = FolderStamp(tmp_path)
    assert [stamp.may_have_changed() for _ in range(3)] == [True] * 3


def test_a_young_time_stamp_is_doubted_again_only_after_a_while(tmp_path: Path) -> None:
    now = time.time()
    os.utime(tmp_path, (now, now))
    stamp = FolderStamp(tmp_path, again=3600)
    assert [stamp.may_have_changed() for _ in range(3)] == [True, False, False]
    os.utime(tmp_path, (now + 1, now + 1))
    assert stamp.may_have_changed(), "a new time stamp is news at once"


def test_a_folder_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    stamp = FolderStamp(tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        stamp.may_have_changed()


def test_a_listing_tells_what_has_come_and_gone_and_lists_nothing_else(tmp_path: Path) -> None:
    listed = 0

    def names() -> list[str]:
        nonlocal listed
        listed += 1
        return sorted(path.name for path in tmp_path.iterdir())

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    os.utime(tmp_path, (LONG_AGO, LONG_AGO))
    listing = FolderListing(tmp_path, names)
    assert listing.changes(()) == (["a", "b"], [])
    assert listing.changes(("a", "b")) == ([], [])
    assert listed == 1
    (tmp_path / "c").mkdir()
    (tmp_path / "a").rmdir()
    assert listing.changes(("a", "b")) == (["c"], ["a"])
    with pytest.raises(FileNotFoundError):
        FolderListing(tmp_path / "gone", names).changes(())
