"""Errors of the system that pass by themselves, and those that another run would meet as well."""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator

from mnist_lab.errors import StoreError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
"""What no run can be saved with."""

_PASSING = frozenset(
    {errno.EIO, errno.ESTALE, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.EINTR, errno.ETIMEDOUT}
)
"""What may pass by itself: a server or disk that does not answer, or too many open files."""

_DELAYS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Seconds before each further attempt."""
_LONGEST_DELAY = 30.0


def retrying(act: Callable[[], None]) -> None:
    """Do something that writes, and again for a quarter of a minute while an error is reported that may pass.

    Raises:
        StoreError: The last one.
    """
    for delay in _DELAYS:
        try:
            return act()
        except StoreError as error:
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in _PASSING:
                raise
        time.sleep(delay)
    return act()


def delays() -> Iterator[float]:
    """Seconds to wait after each of some failures in a row, for ever."""
    yield from _DELAYS
    while True:
        yield _LONGEST_DELAY
