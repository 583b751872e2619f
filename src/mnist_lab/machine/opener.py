"""Opening, making and removing files in folders in which other users may write.

Whoever may write in a folder can put anything in the place of a file: a symbolic link to a file of yours, a FIFO that
nobody writes to, a terabyte of zeros. So everything here is done relative to the descriptor of a folder, no link is
followed below the folder that the user named, nothing blocks, and only regular files of a limited size are read.
Permissions are changed only of what the same call has just made.

Nothing else in the package opens, makes or removes files, apart from what ``tests/test_opener.py`` lists.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat as modes
from contextlib import suppress
from io import BufferedReader
from pathlib import Path
from typing import IO

from mnist_lab.machine.shared_path import (
    FOLDER,
    IS_A_LINK,
    NOT_FOLLOWED,
    LinkError,
    NotADocumentError,
    SharedPath,
    open_folder,
    open_untrusted,
    parent_of,
)

_CHUNK = 1 << 20
_NOT_REGULAR = "it is not a regular file"


# Folders


def names(folder: Path) -> list[str]:
    """The names in a folder, in no order.

    Raises:
        OSError: See :func:`open_folder`.
    """
    handle = open_folder(folder)
    try:
        return os.listdir(handle)  # noqa: PTH208 - Path has nothing for descriptors
    finally:
        os.close(handle)


def make_folder(path: Path, mode: int | None = None) -> None:
    """Make one folder, whatever the umask.

    Args:
        path: The folder.
        mode: Its permissions; by default its parent's, so that what a group shares stays shared.

    Raises:
        FileExistsError: Something of that name is there.
        OSError: It could not be made.
    """
    with parent_of(path) as parent:
        mode = modes.S_IMODE(os.fstat(parent).st_mode) if mode is None else mode
        os.mkdir(path.name, mode & 0o777, dir_fd=parent)
        made = os.open(path.name, FOLDER | NOT_FOLLOWED, dir_fd=parent)
        try:
            # Another folder of this user may have been put in its place meanwhile, but not an empty one that matters.
            if os.fstat(made).st_uid == os.geteuid() and not os.listdir(made):  # noqa: PTH208
                os.fchmod(made, mode)
        finally:
            os.close(made)


def make_folders(path: Path) -> None:
    """Make a folder that the user named, with those above it, unless it is there.

    Raises:
        OSError: It could not be made.
    """
    path.mkdir(parents=True, exist_ok=True)


def make_private_folder(path: Path) -> None:
    """Make a folder of this user's own with those above it, which nobody else may enter, unless it is there.

    Raises:
        OSError: It could not be made.
    """
    if not exists(path):
        make_private_folder(path.parent)
        with suppress(FileExistsError):
            make_folder(path, 0o700)


# Files


def open_file(path: Path, limit: int) -> BufferedReader:
    """Open a file for reading, buffered.

    Raises:
        NotADocumentError: It is no regular file, or has more than ``limit`` bytes.
        OSError: It cannot be opened.
    """
    with parent_of(path) as parent:
        return _opened(*_open_regular(path.name, os.O_RDONLY, parent), limit)


def open_handle(path: Path) -> int:
    """A descriptor of a file for reading, or for a lock.

    Raises:
        NotADocumentError: It is no regular file.
        OSError: It cannot be opened.
    """
    with parent_of(path) as parent:
        return _open_regular(path.name, os.O_RDONLY, parent)[0]


def open_named_file(path: Path, limit: int) -> BufferedReader:
    """As :func:`open_file`, for a file that the user named, which may be a link."""
    return _opened(*_open_regular(str(path), os.O_RDONLY, None, links=0), limit)


def read(path: Path, limit: int) -> bytes:
    """The content of a file.

    Raises:
        NotADocumentError: It is no regular file, or has more than ``limit`` bytes.
        OSError: It cannot be read.
    """
    with parent_of(path) as parent:
        return _read(path.name, parent, limit)


def read_in(folder: str, name: str, limit: int) -> bytes:
    """As :func:`read`, for a file in a folder whose own parent is trusted, in half the time."""
    parent = open_untrusted(folder)
    try:
        return _read(name, parent, limit)
    finally:
        os.close(parent)


def read_tail(path: Path, size: int) -> bytes:
    """The last bytes of a file, at most ``size``.

    Raises:
        OSError: It cannot be read, or is no regular file.
    """
    with parent_of(path) as parent:
        handle, length = _open_regular(path.name, os.O_RDONLY, parent)
    try:
        return os.pread(handle, size, max(0, length - size))
    finally:
        os.close(handle)


def open_new(path: Path, mode: int | None = None) -> IO[bytes]:
    """Open a new file for writing at its end, unbuffered, whatever the umask.

    Args:
        path: The file.
        mode: Its permissions; by default the read and write bits of its folder.

    Raises:
        FileExistsError: Something of that name is there.
        OSError: It could not be made.
    """
    with parent_of(path) as parent:
        return os.fdopen(_make(path.name, os.O_WRONLY | os.O_APPEND, parent, mode), "wb", buffering=0)


def open_shared(path: Path, flags: int, mode: int | None = None) -> int:
    """A descriptor of a file that several processes share, which is made where it is missing.

    Args:
        path: The file.
        flags: ``os.O_RDWR`` and the like.
        mode: Permissions of a new one; by default the read and write bits of its folder.

    Raises:
        NotADocumentError: It is no regular file, or the same file has another name as well.
        OSError: It can be neither opened nor made.
    """
    with parent_of(path) as parent:
        while True:
            with suppress(FileNotFoundError):
                handle, _ = _open_regular(path.name, flags, parent)
                if os.fstat(handle).st_nlink <= 1:
                    return handle
                os.close(handle)
                raise NotADocumentError(errno.EMLINK, "the file has another name as well", path.name)
            with suppress(FileExistsError):
                return _make(path.name, flags, parent, mode)


def open_unnamed(folder: Path) -> IO[bytes]:
    """Open a new file without a name for writing, with the read and write bits of its folder.

    Raises:
        OSError: It could not be made; ``ENOTSUP`` and others where the system has no such files.
    """
    flags = getattr(os, "O_TMPFILE", None)
    if flags is None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), str(folder))
    above = open_folder(folder)
    try:
        mode = os.fstat(above).st_mode & 0o666
        handle = os.open(".", os.O_WRONLY | os.O_CLOEXEC | flags, mode, dir_fd=above)
    finally:
        os.close(above)
    with suppress(OSError):  # some file systems have no permissions
        os.fchmod(handle, mode)
    return os.fdopen(handle, "wb", buffering=0)


def link_unnamed(raw: IO[bytes], path: Path) -> None:
    """Give a file without a name one, where there is nothing of that name.

    Raises:
        FileExistsError: Something of that name is there.
        OSError: See link(2).
    """
    with parent_of(path) as parent:
        # Given descriptors of folders, this is linkat(2), which follows the link in /proc.
        os.link(f"/proc/self/fd/{raw.fileno()}", path.name, src_dir_fd=parent, dst_dir_fd=parent)


def link(path: Path, target: Path) -> None:
    """Give a file another name in the same folder, where there is nothing of that name.

    Raises:
        FileExistsError: Something of that name is there.
        OSError: See link(2).
    """
    with parent_of(path) as parent:
        os.link(path.name, target.name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)


def open_nowhere() -> int:
    """A descriptor for output that is to be lost."""
    return os.open(os.devnull, os.O_WRONLY)


def _make(name: str, flags: int, folder: int, mode: int | None) -> int:
    mode = os.fstat(folder).st_mode & 0o666 if mode is None else mode
    handle = os.open(name, flags | os.O_CREAT | os.O_EXCL | NOT_FOLLOWED, mode, dir_fd=folder)
    with suppress(OSError):  # some file systems have no permissions
        os.fchmod(handle, mode)
    return handle


def _open_regular(name: str, flags: int, folder: int | None, links: int = os.O_NOFOLLOW) -> tuple[int, int]:
    """A descriptor of a regular file, and its size."""
    try:
        handle = os.open(name, flags | os.O_NONBLOCK | links, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise LinkError(errno.ELOOP, f"it {IS_A_LINK}", name) from None
        if error.errno in {errno.ENXIO, errno.EISDIR}:  # a socket, or a FIFO or folder opened for writing
            raise NotADocumentError(error.errno, _NOT_REGULAR, name) from None
        raise
    found = os.fstat(handle)
    if modes.S_ISREG(found.st_mode):
        return handle, found.st_size
    os.close(handle)
    raise NotADocumentError(errno.EINVAL, _NOT_REGULAR, name)


def _opened(handle: int, size: int, limit: int) -> BufferedReader:
    try:
        if size > limit:
            raise _too_large(limit)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def _read(name: str, folder: int, limit: int) -> bytes:
    handle, size = _open_regular(name, os.O_RDONLY, folder)
    try:
        if size > limit:
            raise _too_large(limit)
        content = os.read(handle, size + 1)
        if len(content) == size:
            return content
        parts = [content]  # it grows, or the file system gives less than it has
        while part := os.read(handle, _CHUNK):
            parts.append(part)
            if sum(map(len, parts)) > limit:
                raise _too_large(limit)
        return b"".join(parts)
    finally:
        os.close(handle)


def _too_large(limit: int) -> NotADocumentError:
    return NotADocumentError(errno.EFBIG, f"it is larger than it can be, {limit:,} bytes")


# Names


def status(path: Path | str) -> os.stat_result:
    """What is known of a file or folder without opening it.

    Raises:
        LinkError: A link is there.
        OSError: Nothing is there, or that cannot be determined.
    """
    found = os.lstat(path)
    if not modes.S_ISLNK(found.st_mode):
        return found
    if isinstance(path, SharedPath) and path == path.trusted:
        return path.stat()
    raise LinkError(errno.ELOOP, f"it {IS_A_LINK}", str(path))


def exists(path: Path | str) -> bool:
    """Whether something of that name is there, whatever it is; False too where that cannot be determined."""
    with suppress(OSError):
        os.lstat(path)
        return True
    return False


def is_folder(path: Path) -> bool:
    """Whether a folder, and no link to one, is there."""
    with suppress(OSError):
        return modes.S_ISDIR(status(path).st_mode)
    return False


def touch(path: Path) -> None:
    """Set the times of a file to now.

    Raises:
        OSError: They could not be set.
    """
    with parent_of(path) as parent:
        os.utime(path.name, dir_fd=parent, follow_symlinks=False)


def rename(path: Path, target: Path) -> None:
    """Rename a file or folder; what is at ``target`` is replaced, unless it is a folder that is not empty.

    Raises:
        OSError: It could not be renamed.
    """
    with parent_of(path) as source, parent_of(target) as destination:
        os.rename(path.name, target.name, src_dir_fd=source, dst_dir_fd=destination)


def remove(path: Path, *, missing_ok: bool = False) -> None:
    """Remove a file or a link.

    Raises:
        FileNotFoundError: Nothing is there, and ``missing_ok`` is not set.
        OSError: It could not be removed.
    """
    try:
        with parent_of(path) as parent:
            os.unlink(path.name, dir_fd=parent)
    except FileNotFoundError:
        if not missing_ok:
            raise


def remove_tree(path: Path) -> None:
    """Remove whatever is there: a folder with its content, or a file or link. What cannot be removed stays."""
    with suppress(OSError), parent_of(path) as parent:
        try:
            os.unlink(path.name, dir_fd=parent)
        except OSError:
            shutil.rmtree(path.name, ignore_errors=True, dir_fd=parent)
