"""Paths in folders in which other users may write, and how such a folder is opened without following a link."""

from __future__ import annotations

import errno
import os
import stat as modes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PosixPath
from typing import Self

FOLDER = os.O_RDONLY | os.O_DIRECTORY
NOT_FOLLOWED = os.O_NOFOLLOW | os.O_NONBLOCK
IS_A_LINK = "is a symbolic link, which the lab does not follow"


class NotADocumentError(OSError, ValueError):
    """What is in the place of a file is no regular file, or larger than it can be. ``strerror`` says which."""


class LinkError(OSError):
    """A symbolic link is in the place of a file or folder. What it leads to is neither opened nor changed."""


class SharedPath(PosixPath):
    """A path that remembers which of its folders is trusted, because the user named it.

    Below that one nothing is: whoever may write there can replace any part by a link, which is not followed. A plain
    ``Path`` is one that the user named, and trusted up to its parent.

    Example:
        >>> root = SharedPath.named(Path("saved_runs"))
        >>> read(root / run_id / "run.json", limit=1000)
    """

    trusted: Path

    @classmethod
    def named(cls, root: Path) -> Self:
        """A folder that the user named. It may be a link; what is in it may not."""
        path = cls(root)
        path.trusted = Path(root)
        return path

    def _below(self, path: Self) -> Self:
        path.trusted = self.trusted
        return path

    def __truediv__(self, name: str | os.PathLike[str]) -> Self:
        return self._below(super().__truediv__(name))

    def with_name(self, name: str) -> Self:
        return self._below(super().with_name(name))

    @property
    def parent(self) -> Self:
        return self._below(super().parent)


def open_folder(path: Path) -> int:
    """A descriptor of a folder.

    Raises:
        OSError: It is missing, not a folder, or a link below the trusted folder.
    """
    if not isinstance(path, SharedPath) or len(path.parts) <= (depth := len(path.trusted.parts)):
        return os.open(path, FOLDER)
    first, *others = path.parts[depth:]
    handle = open_untrusted(f"{path.trusted}/{first}")
    for part in others:
        above = handle
        try:
            handle = open_untrusted(part, above)
        finally:
            os.close(above)
    return handle


def open_untrusted(path: str, above: int | None = None) -> int:
    """A descriptor of a folder whose name may be that of a link."""
    try:
        return os.open(path, FOLDER | NOT_FOLLOWED, dir_fd=above)
    except OSError as error:
        if error.errno not in {errno.ENOTDIR, errno.ELOOP}:  # which is what systems call a link here
            raise
        with suppress(FileNotFoundError):
            if modes.S_ISLNK(os.stat(path, dir_fd=above, follow_symlinks=False).st_mode):
                raise LinkError(errno.ELOOP, f"its folder {IS_A_LINK}", path) from None
        raise error


@contextmanager
def parent_of(path: Path) -> Iterator[int]:
    """A descriptor of the folder that a path is in, as long as the block lasts."""
    handle = open_folder(path.parent)
    try:
        yield handle
    finally:
        os.close(handle)
