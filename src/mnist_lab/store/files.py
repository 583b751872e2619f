"""Atomic writing of files and folders, with the permissions of the folder they are in."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mnist_lab.errors import StoreError

_REMEDIES = {
    errno.ENOSPC: "the disk is full; free some space, or name another folder with --runs",
    errno.EDQUOT: "your disk quota is used up; free some space, or name another folder with --runs",
    errno.EFBIG: "files may not grow that large here (ulimit -f); raise the limit, or name another folder with --runs",
    errno.EACCES: "you may not write there; change its permissions, or name another folder with --runs",
    errno.EPERM: "you may not write there; change its permissions, or name another folder with --runs",
    errno.EROFS: "the file system is read-only; name another folder with --runs",
    errno.ENOTDIR: "a part of that path is a file; name a folder with --runs",
    errno.EIO: "the disk reports an error; check it, or name another folder with --runs",
}

_CANNOT = frozenset(
    {
        errno.ENOENT,
        errno.EOPNOTSUPP,
        errno.ENOTSUP,
        errno.ENOSYS,
        errno.EINVAL,
        errno.EISDIR,
        errno.EPERM,
        errno.EMLINK,
        errno.EXDEV,
    }
)
"""How a file system says that it has no files without names, or no hard links."""

_CHUNK = 64 * 1024


def explain(error: OSError, path: Path) -> StoreError:
    """The :class:`~mnist_lab.errors.StoreError` for an ``OSError``: one sentence that ends with what to do."""
    remedy = _REMEDIES.get(error.errno or 0, f"{error.strerror or error}; name another folder with --runs")
    return StoreError(f"{path} could not be written: {remedy}.")


@contextmanager
def storage(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` from writing at ``path`` into a :class:`~mnist_lab.errors.StoreError`."""
    try:
        yield
    except OSError as error:
        raise explain(error, path) from error


def folder_mode(parent: Path) -> int:
    """Permission bits of ``parent``, for a new folder in it: what a group shares stays shared."""
    return stat.S_IMODE(parent.stat().st_mode)


def make_folder(path: Path) -> None:
    """Make one folder with the mode of its parent, whatever the umask."""
    path.mkdir()
    path.chmod(folder_mode(path.parent))


def open_new(path: Path) -> IO[bytes]:
    """Open a new file, unbuffered, with the read and write bits of its folder.

    Raises:
        FileExistsError: It is already there.
    """
    mode = folder_mode(path.parent) & 0o666
    handle = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, mode), "wb", buffering=0)
    os.fchmod(handle.fileno(), mode)
    return handle


def read(path: str) -> bytes:
    """The content of a file, in half the time that ``Path.read_bytes`` takes for a small one.

    Raises:
        OSError: It cannot be read.
    """
    handle = os.open(path, os.O_RDONLY)
    try:
        parts = []
        while part := os.read(handle, _CHUNK):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on a folder, for code that reads a file and writes it again.

    On file systems without working locks it does not wait.

    Raises:
        OSError: The folder cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk. File systems that cannot do that are ignored."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def publish(path: Path, content: bytes | memoryview) -> None:
    """Write a file atomically and durably: it appears at ``path`` whole or not at all.

    A temporary file next to it, fsync, rename, fsync of the folder.

    Raises:
        OSError: It could not be written; the temporary file is removed.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open_new(temporary) as raw:
            write_all(raw, content)
            os.fsync(raw.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def publish_new(path: Path, content: bytes | memoryview) -> None:
    """Write a file atomically and durably where there is none: of all processes that try, on any host, one succeeds.

    The file has no name until it is whole, and link(2) never replaces another. Where the file system cannot do that,
    the file has a temporary name before; where it has no links either, a lock on the folder stands in for them.

    Raises:
        FileExistsError: Something of that name is there.
        OSError: It could not be written; nothing of it is left.
    """
    try:
        _publish_unnamed(path, content)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        _publish_named(path, content)
    sync_folder(path.parent)


def _publish_unnamed(path: Path, content: bytes | memoryview) -> None:
    mode = folder_mode(path.parent) & 0o666
    flags = getattr(os, "O_TMPFILE", None)
    if flags is None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), str(path))
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.fdopen(os.open(".", os.O_WRONLY | flags, mode, dir_fd=folder), "wb", buffering=0) as raw:
            os.fchmod(raw.fileno(), mode)
            write_all(raw, content)
            os.fsync(raw.fileno())
            # Given descriptors of folders, this is linkat(2), which follows the link in /proc.
            os.link(f"/proc/self/fd/{raw.fileno()}", path.name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.close(folder)


def _publish_named(path: Path, content: bytes | memoryview) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open_new(temporary) as raw:
            write_all(raw, content)
            os.fsync(raw.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            if (
                temporary.stat().st_nlink < 2
            ):  # else the answer to a request over the network was lost, and it sent again
                raise
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
            with exclusive(path.parent):
                if os.path.lexists(path):
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
                temporary.rename(path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def publish_folder(path: Path, files: dict[str, bytes]) -> None:
    """Make a folder with these files atomically: it appears whole or not at all.

    Raises:
        FileExistsError: Something of that name is there, and is not an empty folder.
        OSError: It could not be made; nothing of it is left.
    """
    temporary = path.with_name(f".new-{path.name}-{secrets.token_hex(6)}")
    try:
        make_folder(temporary)
        for name, content in files.items():
            with open_new(temporary / name) as raw:
                write_all(raw, content)
                os.fsync(raw.fileno())
        sync_folder(temporary)
        try:
            temporary.rename(path)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
            raise
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sync_folder(path.parent)


def discard(path: Path) -> None:
    """Remove a folder: first its name, by one rename, then its content. Of a symbolic link only the link is removed."""
    doomed = path.with_name(f".gone-{path.name}-{secrets.token_hex(6)}")
    path.rename(doomed)
    if doomed.is_symlink() or not doomed.is_dir():  # someone put it there by hand
        doomed.unlink()
    else:
        shutil.rmtree(doomed, ignore_errors=True)


def write_all(raw: IO[bytes], content: bytes | memoryview) -> None:
    """Write every byte to an unbuffered file, or raise ``OSError``."""
    view = memoryview(content)
    while view:
        view = view[raw.write(view) :]
