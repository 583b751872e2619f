"""Atomic writing of files and folders, with the permissions of the folder they are in."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from mnist_lab.errors import StoreError
from mnist_lab.machine.opener import (
    exists,
    is_folder,
    link,
    link_unnamed,
    make_folder,
    open_new,
    open_nowhere,
    open_shared,
    open_unnamed,
    remove,
    remove_tree,
    rename,
    status,
)
from mnist_lab.machine.shared_path import LinkError, NotADocumentError, open_folder

__all__ = [
    "PROBE",
    "TEMPORARY",
    "discard",
    "ensure_folder",
    "exclusive",
    "explain",
    "is_being_written",
    "make_folder",
    "open_log",
    "open_new",
    "publish",
    "publish_folder",
    "publish_new",
    "storage",
    "sync_folder",
    "time_there",
    "write_all",
]

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

PROBE = ".probe-"
TEMPORARY = (".new-", ".gone-", PROBE)
"""How the names of temporary entries of a folder begin."""

_LOCK_SECONDS = 5.0
_LOCK_SECONDS_AT_MOST = 60.0
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


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on a folder, for code that reads a file and writes it again.

    Whoever holds it does so for milliseconds. So where it is held while nothing in the folder changes for seconds, or
    locks do not work at all, the code goes on without it: then only what two processes write within the same moment may
    be lost.

    Raises:
        OSError: The folder cannot be opened.
    """
    handle = open_folder(folder)
    try:
        with suppress(OSError):
            _wait_for_lock(handle)
        yield
    finally:
        os.close(handle)


def _wait_for_lock(folder: int) -> None:
    began, modified = time.monotonic(), 0
    changed = began
    while True:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            now, before, modified = time.monotonic(), modified, os.fstat(folder).st_mtime_ns
            changed = changed if modified == before else now
            if now - changed > _LOCK_SECONDS or now - began > _LOCK_SECONDS_AT_MOST:
                return
            time.sleep(0.01)


def sync_folder(path: Path) -> None:
    """Flush a folder's entries to the disk. File systems that cannot do that are ignored."""
    with suppress(OSError):
        handle = open_folder(path)
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
        rename(temporary, path)
    except BaseException:
        with suppress(OSError):
            remove(temporary)
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
    with open_unnamed(path.parent) as raw:
        write_all(raw, content)
        os.fsync(raw.fileno())
        link_unnamed(raw, path)


def _publish_named(path: Path, content: bytes | memoryview) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with open_new(temporary) as raw:
            write_all(raw, content)
            os.fsync(raw.fileno())
        try:
            link(temporary, path)
        except FileExistsError:
            if status(temporary).st_nlink < 2:
                raise
            # the answer to a request over the network was lost, and the request was sent again
        except OSError as error:
            if error.errno not in _CANNOT:
                raise
            with exclusive(path.parent):
                if exists(path):
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
                rename(temporary, path)
    finally:
        with suppress(OSError):
            remove(temporary)


def publish_folder(path: Path, files: dict[str, bytes]) -> None:
    """Make a folder with these files atomically: it appears whole or not at all.

    Until it does, a lock on it shows that it is being written (:func:`is_being_written`).

    Raises:
        FileExistsError: Something of that name is there, and is not an empty folder.
        OSError: It could not be made; nothing of it is left.
    """
    temporary = path.with_name(f".new-{path.name}-{secrets.token_hex(6)}")
    try:
        make_folder(temporary)
        handle = open_folder(temporary)
        try:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for name, content in files.items():
                with open_new(temporary / name) as raw:
                    write_all(raw, content)
                    os.fsync(raw.fileno())
            with suppress(OSError):
                os.fsync(handle)
            rename(temporary, path)
        finally:
            os.close(handle)
    except OSError as error:
        remove_tree(temporary)
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        raise
    except BaseException:
        remove_tree(temporary)
        raise
    sync_folder(path.parent)


def is_being_written(path: Path) -> bool:
    """Whether a process is writing a folder that it will publish, as far as locks show it."""
    with suppress(OSError):
        handle = open_folder(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
    return False


def time_there(folder: Path) -> float:
    """The time now by the clock of a folder's file system, which may be another host's, in seconds since the epoch.

    Raises:
        OSError: No file can be made in the folder.
    """
    probe = folder / f"{PROBE}{secrets.token_hex(6)}"
    try:
        with open_new(probe) as raw:
            return os.fstat(raw.fileno()).st_mtime
    finally:
        remove(probe, missing_ok=True)


def open_log(path: Path) -> int:
    """A descriptor that appends to a file which processes of several users share.

    Where somebody has put a link, or anything else than a file of one name, in its place, what is written is lost.

    Raises:
        OSError: It could not be opened.
    """
    try:
        return open_shared(path, os.O_WRONLY | os.O_APPEND)
    except (LinkError, NotADocumentError):
        return open_nowhere()


def ensure_folder(path: Path) -> None:
    """Make a folder unless it is there. Anything else in its place, such as a link, is removed.

    Raises:
        OSError: It could not be made.
    """
    if not is_folder(path):
        if exists(path):
            discard(path)
        with suppress(FileExistsError):
            make_folder(path)


def discard(path: Path) -> None:
    """Remove a folder: first its name, by one rename, then its content. Of a symbolic link only the link is removed."""
    doomed = path.with_name(f".gone-{path.name}-{secrets.token_hex(6)}")
    rename(path, doomed)
    remove_tree(doomed)


def write_all(raw: IO[bytes], content: bytes | memoryview) -> None:
    """Write every byte to an unbuffered file, or raise ``OSError``."""
    view = memoryview(content)
    while view:
        view = view[raw.write(view) :]
