"""What is kept of compiled code, and what is thrown away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mnist_lab.training import compile_cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path))
    prepared = compile_cache.prepare("backend-1")
    assert prepared is not None
    return prepared


def kept(folder: Path) -> set[str]:
    assert compile_cache.prepare("backend-1") == folder
    return {path.stem for path in folder.glob("*.pb")}


def test_only_sealed_entries_survive(folder: Path) -> None:
    (folder / "whole.pb").write_bytes(b"code")
    compile_cache.seal(folder)
    (folder / "unsealed.pb").write_bytes(b"code")
    assert kept(folder) == {"whole"}


def test_a_damaged_entry_is_removed(folder: Path) -> None:
    (folder / "one.pb").write_bytes(b"code")
    (folder / "other.pb").write_bytes(b"code")
    compile_cache.seal(folder)
    (folder / "one.pb").write_bytes(b"cods")
    compile_cache.seal(folder)  # its digest is not renewed
    assert kept(folder) == {"other"}


def test_the_oldest_entries_make_room(folder: Path) -> None:
    for number in range(compile_cache.ENTRIES + 3):
        path = folder / f"{number}.pb"
        path.write_bytes(b"code")
        os.utime(path, (number, number))
    compile_cache.seal(folder)
    assert kept(folder) == {str(number) for number in range(3, compile_cache.ENTRIES + 3)}


def test_backends_do_not_share(folder: Path) -> None:
    assert compile_cache.prepare("backend-2") != folder


def test_without_a_writable_folder_there_is_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path / "a folder"))
    assert compile_cache.prepare("backend-1") is None
    (tmp_path / "file").touch()
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path / "file"))
    assert compile_cache.prepare("backend-1") is None


@pytest.mark.parametrize("below", [".", "compiled", "compiled/{name}"])
@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_where_others_may_write_nothing_is_kept_or_run(folder: Path, below: str, mode: int) -> None:
    (folder / "theirs.pb").write_bytes(b"code")
    compile_cache.seal(folder)
    assert kept(folder) == {"theirs"}
    opened = folder.parent.parent / below.format(name=folder.name)
    opened.chmod(mode)
    assert compile_cache.prepare("backend-1") is None
    opened.chmod(0o700)
    assert compile_cache.prepare("backend-1") == folder


def test_the_cache_of_another_user_is_not_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: folder.stat().st_uid + 1)
    assert compile_cache.prepare("backend-1") is None


@pytest.mark.usefixtures("private_umask")
def test_the_cache_is_made_for_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.umask(0)
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path / "new" / "cache"))
    folder = compile_cache.prepare("backend-1")
    assert folder is not None
    for made in (folder, folder.parent, tmp_path / "new" / "cache", tmp_path / "new"):
        assert made.stat().st_mode & 0o777 == 0o700


def test_a_link_in_the_cache_is_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder.rename(tmp_path / "elsewhere" / "moved")
    folder.symlink_to(tmp_path / "elsewhere" / "moved")
    assert compile_cache.prepare("backend-1") is None
