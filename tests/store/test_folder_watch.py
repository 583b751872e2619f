"""When a folder has to be listed again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mnist_lab.store.folder_watch import FolderListing, FolderWatch

LONG_AGO = 1_700_000_000


def aged(folder: Path) -> FolderWatch:
    """The watch of a folder that has been read once, long after its last change."""
    os.utime(folder, (LONG_AGO, LONG_AGO))
    watch = FolderWatch(folder)
    assert watch.may_have_changed()
    return watch


def test_an_unchanged_folder_is_listed_once(tmp_path: Path) -> None:
    watch = aged(tmp_path)
    assert [watch.may_have_changed() for _ in range(3)] == [False] * 3


@pytest.mark.parametrize("change", ["made", "removed", "renamed", "replaced"])
def test_added_removed_renamed_and_replaced_entries_are_noticed(tmp_path: Path, change: str) -> None:
    there = tmp_path / "there"
    there.touch()
    watch = aged(tmp_path)
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
    assert watch.may_have_changed()


def test_a_recent_modification_time_is_not_relied_on(tmp_path: Path) -> None:
    now = time.time()
    os.utime(tmp_path, (now, now))
    watch = FolderWatch(tmp_path)
    assert [watch.may_have_changed() for _ in range(3)] == [True] * 3


def test_a_recent_modification_time_is_doubted_once_per_interval(tmp_path: Path) -> None:
    now = time.time()
    os.utime(tmp_path, (now, now))
    watch = FolderWatch(tmp_path, min_interval=3600)
    assert [watch.may_have_changed() for _ in range(3)] == [True, False, False]
    os.utime(tmp_path, (now + 1, now + 1))
    assert watch.may_have_changed(), "a new modification time counts at once"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path / "gone")
    with pytest.raises(FileNotFoundError):
        watch.may_have_changed()


def test_a_listing_gives_added_and_removed_names_and_lists_only_after_a_change(tmp_path: Path) -> None:
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
