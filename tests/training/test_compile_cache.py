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
