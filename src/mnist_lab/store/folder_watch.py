"""Which of a folder's entries have come or gone since one last looked, at the price of a look at its time stamp."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

_TRUST_SECONDS = 2.0
"""A folder whose time stamp is older than this when it is read cannot have changed since without a new one."""
_RESCAN_SECONDS = 10.0
"""After so long one looks anyway: there are file systems whose time stamps cannot be relied on."""


class FolderStamp:
    """Remembers a folder's time stamp. Looking at that costs a hundredth of looking into the folder.

    Args:
        path: The folder.
        again: While its time stamp is the same, but too young to be trusted, look into it only after so many seconds.
    """

    def __init__(self, path: Path, again: float = 0.0) -> None:
        self._path = path
        self._again = again
        self._stamp: int | None = None
        self._trusted = False
        self._looked_at = -_RESCAN_SECONDS

    def may_have_changed(self) -> bool:
        """Whether entries may have come or gone since this was last asked; True the first time.

        Raises:
            OSError: The folder is not there, or cannot be looked at.
        """
        stamp = self._path.stat().st_mtime_ns
        good_for = _RESCAN_SECONDS if self._trusted else self._again
        if stamp == self._stamp and time.monotonic() - self._looked_at < good_for:
            return False
        self._stamp = stamp
        self._trusted = time.time_ns() - stamp > _TRUST_SECONDS * 1e9
        self._looked_at = time.monotonic()
        return True


class FolderListing:
    """The names in a folder, listed again only where its time stamp says that they may have changed.

    Args:
        path: The folder.
        names: Lists it.
        again: See :class:`FolderStamp`.
    """

    def __init__(self, path: Path, names: Callable[[], Sequence[str]], again: float = 0.0) -> None:
        self._list = names
        self._stamp = FolderStamp(path, again)

    def changes(self, known: Collection[str]) -> tuple[list[str], list[str]]:
        """The names that have come, in the order of the list, and those that have gone.

        Args:
            known: The names that were there before, to be looked up by the thousand.

        Raises:
            OSError: The folder is not there, or cannot be looked at.
        """
        if not self._stamp.may_have_changed():
            return [], []
        names = self._list()
        come = [name for name in names if name not in known]
        if len(known) + len(come) == len(names):
            return come, []
        return come, list(set(known).difference(names))
