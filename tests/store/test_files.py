"""Publishing files and folders atomically, on real disks that fill up and folders that refuse."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_lab.errors import ExitCode, StoreError
from mnist_lab.store import files
from tests.processes import output_of, running

TOO_LARGE = """
import resource, sys
from pathlib import Path
from mnist_lab.store import files
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
path = Path(sys.argv[1])
for write in (lambda: files.publish(path, b"x" * 5000), lambda: files.publish_folder(path.parent / "new", {"f": b"x" * 5000})):
    try:
        with files.storage(path):
            write()
    except files.StoreError as error:
        print(error)
"""  # noqa: E501

KILLED = """
import os, sys
from pathlib import Path
from mnist_lab.store import files
write_all = files.write_all
def half(raw, content):
    write_all(raw, content[: len(content) // 2])
    print("halfway", flush=True)
    sys.stdin.read()
files.write_all = half
files.publish(Path(sys.argv[1]), b"new" * 1000)
"""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_is_published_replaces_what_was_there_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    files.publish(path, b"old")
    files.publish(path, memoryview(b"new"))
    assert path.read_bytes() == b"new"
    assert names_in(tmp_path) == {"run.json"}


def test_a_reader_finds_the_old_or_the_new_and_never_a_mixture(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    versions = [bytes([65 + number]) * size for number, size in enumerate((10, 100_000, 3, 40_000))]
    files.publish(path, versions[0])
    done = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(60):
        files.publish(path, versions[number % 4])
    done.set()
    for reader in readers:
        reader.join()
    assert seen <= set(versions)
    assert len(seen) > 1


def test_a_process_killed_in_the_middle_of_writing_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    files.publish(path, b"old")
    with running(KILLED, path) as writer:
        assert writer.hear() == "halfway"
        writer.kill()
    assert path.read_bytes() == b"old"


def test_a_file_larger_than_allowed_is_not_there_at_all(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    files.publish(path, b"old")
    for line in output_of(TOO_LARGE, path).splitlines():
        assert line.startswith(f"{path} could not be written: files may not grow that large here (ulimit -f); ")
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == {"run.json"}


def test_a_full_device_is_an_error_at_the_first_byte_that_does_not_fit() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="No space") as caught:
        files.write_all(full, b"x")
    assert caught.value.errno == errno.ENOSPC


def test_a_folder_appears_with_all_its_files(tmp_path: Path) -> None:
    files.publish_folder(tmp_path / "run", {"a": b"1", "b": b""})
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == {"a": b"1", "b": b""}
    assert names_in(tmp_path) == {"run"}


def test_a_folder_does_not_replace_one_that_has_something_in_it(tmp_path: Path) -> None:
    files.publish_folder(tmp_path / "run", {"a": b"1"})
    with pytest.raises(FileExistsError):
        files.publish_folder(tmp_path / "run", {"b": b"2"})
    assert names_in(tmp_path / "run") == {"a"}
    assert names_in(tmp_path) == {"run"}


def test_of_many_who_publish_one_folder_one_does(tmp_path: Path) -> None:
    outcomes: list[bool] = []
    ready = threading.Barrier(6)

    def publish(number: int) -> None:
        ready.wait()
        try:
            files.publish_folder(tmp_path / "run", {"who": str(number).encode()})
        except FileExistsError:
            outcomes.append(False)
        else:
            outcomes.append(True)

    threads = [threading.Thread(target=publish, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False] * 5 + [True]
    assert names_in(tmp_path) == {"run"}


@pytest.mark.usefixtures("private_umask")
@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o2775, 0o664), (0o750, 0o640), (0o700, 0o600)])
def test_modes_are_the_folder_s_whatever_the_umask(tmp_path: Path, folder_mode: int, file_mode: int) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(folder_mode)
    files.publish(shared / "file", b"")
    files.publish_folder(shared / "published", {"file": b""})
    files.make_folder(shared / "made")
    assert mode_of(shared / "file") == mode_of(shared / "published" / "file") == file_mode
    assert mode_of(shared / "published") == mode_of(shared / "made") == folder_mode


def test_a_new_file_is_never_opened_over_an_old_one(tmp_path: Path) -> None:
    files.open_new(tmp_path / "a").close()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    for name in ("a", "link"):
        with pytest.raises(FileExistsError):
            files.open_new(tmp_path / name)
    assert not (tmp_path / "elsewhere").exists()


Refuse = Callable[[pytest.MonkeyPatch], None]


def without_unnamed_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)


def without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_paths: object, **_folders: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", link)


@pytest.mark.parametrize("refuse", [lambda _patch: None, without_unnamed_files, without_links])
@pytest.mark.usefixtures("private_umask")
def test_a_new_file_replaces_no_other_and_leaves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refuse: Refuse
) -> None:
    refuse(monkeypatch)
    tmp_path.chmod(0o2775)
    files.publish_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        files.publish_new(tmp_path / "a", b"second")
    (tmp_path / "link").symlink_to("nowhere")
    with pytest.raises(FileExistsError):
        files.publish_new(tmp_path / "link", b"through a link")
    assert names_in(tmp_path) == {"a", "link"}
    assert (tmp_path / "a").read_bytes() == b"first"
    found = (tmp_path / "a").stat()
    assert (stat.S_IMODE(found.st_mode), found.st_nlink) == (0o664, 1)
    with pytest.raises(FileNotFoundError):
        files.publish_new(tmp_path / "nowhere" / "a", b"")


def test_what_is_discarded_is_gone(tmp_path: Path) -> None:
    files.publish_folder(tmp_path / "run", {"a": b"1"})
    files.discard(tmp_path / "run")
    assert names_in(tmp_path) == set()


def test_discarding_a_link_or_a_file_leaves_nothing_and_what_the_link_points_to(tmp_path: Path) -> None:
    target = tmp_path / "kept"
    files.publish_folder(target, {"a": b"1"})
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "file").write_bytes(b"")
    files.discard(tmp_path / "link")
    files.discard(tmp_path / "file")
    assert names_in(tmp_path) == {"kept"}
    assert names_in(target) == {"a"}


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EDQUOT, "your disk quota is used up"),
        (errno.EACCES, "you may not write there"),
        (errno.EROFS, "the file system is read-only"),
        (errno.ENOTDIR, "a part of that path is a file"),
        (errno.ESTALE, os.strerror(errno.ESTALE)),
    ],
)
def test_an_error_is_one_sentence_that_names_the_path_and_what_to_do(number: int, message: str) -> None:
    with pytest.raises(StoreError) as caught, files.storage(Path("somewhere")):
        raise OSError(number, os.strerror(number))
    assert str(caught.value).startswith(f"somewhere could not be written: {message}")
    assert "--runs" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code is ExitCode.STORAGE
