"""Opening files in folders of other people: what is not a file there blocks nothing, and no link is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_lab.machine import opener
from mnist_lab.machine.shared_path import LinkError, NotADocumentError, SharedPath
from tests import imposters

LIMIT = 1000


pytestmark = pytest.mark.usefixtures("impatience")


@pytest.fixture
def root(tmp_path: Path) -> SharedPath:
    (tmp_path / "shared").mkdir()
    return SharedPath.named(tmp_path / "shared")


IMPOSTERS: dict[str, Callable[[Path], object]] = imposters.IMPOSTERS | {
    "too large": lambda path: path.write_bytes(b"x" * (LIMIT + 1))
}


@pytest.mark.parametrize("imposter", IMPOSTERS)
def test_what_is_no_file_of_a_possible_size_is_refused_at_once(root: SharedPath, imposter: str) -> None:
    IMPOSTERS[imposter](root / "file")
    for read in (opener.read, opener.open_file, opener.open_named_file):
        with pytest.raises(
            NotADocumentError, match=r"it is not a regular file|it is larger than it can be, 1,000 bytes"
        ):
            read(root / "file", LIMIT)
    with pytest.raises(NotADocumentError):
        opener.read_in(str(root), "file", LIMIT)
    if imposter not in {"terabyte", "too large"}:
        for open_it in (lambda path: opener.open_shared(path, os.O_RDWR), opener.open_handle):
            with pytest.raises(NotADocumentError):
                open_it(root / "file")
        with pytest.raises(NotADocumentError):
            opener.read_tail(root / "file", LIMIT)


def test_a_device_is_refused() -> None:
    for name in ("zero", "null", "full"):
        with pytest.raises(NotADocumentError):
            opener.read(Path("/dev") / name, LIMIT)


def test_a_link_is_followed_nowhere_below_the_trusted_folder(root: SharedPath, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir(0o700)
    secret = tmp_path / "mine" / "key"
    secret.write_text("secret")
    secret.chmod(0o600)
    (root / "link").symlink_to(secret)
    (root / "inner").mkdir()
    (root / "inner" / "deep").symlink_to(tmp_path / "mine")
    (root / "folder").symlink_to(tmp_path / "mine")
    for path in (root / "link", root / "folder" / "key", root / "inner" / "deep" / "key"):
        for action in (
            lambda path: opener.read(path, LIMIT),
            lambda path: opener.open_shared(path, os.O_WRONLY | os.O_APPEND),
            opener.open_handle,
        ):
            with pytest.raises(LinkError, match="is a symbolic link"):
                action(path)
    for folder in (root / "folder", root / "inner" / "deep"):
        for change in (
            lambda folder: opener.open_new(folder / "new"),
            lambda folder: opener.make_folder(folder / "new"),
            lambda folder: opener.remove(folder / "key"),
            lambda folder: opener.rename(folder / "key", folder / "other"),
            lambda folder: opener.touch(folder / "key"),
            opener.names,
        ):
            with pytest.raises(LinkError, match="its folder is a symbolic link"):
                change(folder)
        opener.remove_tree(folder / "key")
    with pytest.raises(FileExistsError):
        opener.open_new(root / "link")
    opener.remove_tree(root / "folder")
    assert not (root / "folder").is_symlink()
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["key"]
    assert secret.read_text() == "secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_what_the_user_named_may_be_a_link(root: SharedPath, tmp_path: Path) -> None:
    (tmp_path / "named").symlink_to(root)
    (root / "file").write_bytes(b"content")
    linked = SharedPath.named(tmp_path / "named")
    assert opener.read(linked / "file", LIMIT) == b"content"
    assert opener.names(linked) == ["file"]
    assert opener.status(linked).st_ino == root.stat().st_ino
    (tmp_path / "a file").symlink_to(root / "file")
    with opener.open_named_file(tmp_path / "a file", LIMIT) as file:
        assert file.read() == b"content"


def test_a_file_with_another_name_is_read_and_never_written_to(root: SharedPath, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    (root / "file").hardlink_to(tmp_path / "mine")
    assert opener.read(root / "file", LIMIT) == b"mine"  # as in a backup made of hard links
    with pytest.raises(NotADocumentError, match="has another name as well"):
        opener.open_shared(root / "file", os.O_WRONLY | os.O_APPEND)


@pytest.mark.usefixtures("private_umask")
def test_only_what_was_just_made_gets_permissions(root: SharedPath) -> None:
    root.chmod(0o775)
    (root / "old").touch(0o600)
    for name in ("old", "new"):
        os.close(opener.open_shared(root / name, os.O_RDWR))
    opener.make_folder(root / "folder")
    opener.make_private_folder(root / "a" / "b")
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (*root.iterdir(), root / "a" / "b")}
    assert found == {"old": 0o600, "new": 0o664, "folder": 0o775, "a": 0o700, "b": 0o700}


def test_paths_keep_what_is_trusted(root: SharedPath) -> None:
    deep = root / "a" / "b"
    for path in (root, deep, deep.parent, deep.with_name("c"), deep.parent.parent):
        assert isinstance(path, SharedPath)
        assert path.trusted == root
    assert deep.parent.parent == root


def test_a_file_that_grows_while_it_is_read_is_read_up_to_the_limit(
    root: SharedPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "file").write_bytes(b"x")
    read = os.read

    def grown(handle: int, size: int) -> bytes:
        with (root / "file").open("ab") as file:
            file.write(b"x" * 400)
        return read(handle, size)

    monkeypatch.setattr("os.read", grown)
    with pytest.raises(NotADocumentError, match="larger than it can be"):
        opener.read(root / "file", LIMIT)


def test_no_descriptor_is_left_open(root: SharedPath) -> None:
    (root / "inner").mkdir()
    os.mkfifo(root / "inner" / "fifo")
    (root / "inner" / "link").symlink_to("nowhere")
    before = os.listdir("/proc/self/fd")  # noqa: PTH208
    for name in ("fifo", "link", "missing"):
        for action in (
            lambda path: opener.read(path, LIMIT),
            lambda path: opener.open_file(path, LIMIT),
            opener.names,
            opener.remove_tree,
        ):
            try:
                action(root / "inner" / name)
            except OSError:
                continue
    assert os.listdir("/proc/self/fd") == before  # noqa: PTH208
