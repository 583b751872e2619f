"""Detecting added and removed entries of a folder by its modification time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from mnist_lab.machine import opener

_RELIABLE_AFTER_SECONDS = 2.0
"""A folder whose modification time is older than this when it is read cannot change later without a new one."""
_RESCAN_SECONDS = 10.0
"""The folder is listed anyway after this time, because some file systems' modification times are unreliable."""


class FolderWatch:
    """Whether a folder may have changed, by its modification time: a hundredth of the cost of listing it.

    Args:
        path: The folder.
        min_interval: Seconds between two positive answers while the modification time is unchanged, but too recent to
            be relied on.
    """

    def __init__(self, path: Path, min_interval: float = 0.0) -> None:
        self._path = path
        self._min_interval = min_interval
        self._modified: int | None = None
        self._reliable = False
        self._checked_at = -_RESCAN_SECONDS

    def may_have_changed(self) -> bool:
        """Whether entries may have been added or removed since the last call; True at the first call.

        Raises:
            OSError: The folder does not exist or cannot be read.
        """
        modified = opener.status(self._path).st_mtime_ns
        valid_for = _RESCAN_SECONDS if self._reliable else self._min_interval
        if modified == self._modified and time.monotonic() - self._checked_at < valid_for:
            return False
        self._modified = modified
        self._reliable = time.time_ns() - modified > _RELIABLE_AFTER_SECONDS * 1e9
        self._checked_at = time.monotonic()
        return True


class FolderListing:
    """Names in a folder, listed again only where its modification time may have changed.

    Args:
        path: The folder.
        names: Lists it.
        min_interval: See :class:`FolderWatch`.
    """

    def __init__(self, path: Path, names: Callable[[], Sequence[str]], min_interval: float = 0.0) -> None:
        self._list = names
        self._watch = FolderWatch(path, min_interval)

    def changes(self, known: Collection[str]) -> tuple[list[str], list[str]]:
        """The names that were added, in the order of the list, and those that were removed.

        Args:
            known: The names that were there before; a set or mapping, for fast lookup.

        Raises:
            OSError: The folder does not exist or cannot be read.
        """
        if not self._watch.may_have_changed():
            return [], []
        names = self._list()
        added = [name for name in names if name not in known]
        if len(known) + len(added) == len(names):
            return added, []
        return added, list(set(known).difference(names))
