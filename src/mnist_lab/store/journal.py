"""A run's journal: one event per line, appended by one worker and read by others while it grows."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from mnist_lab.experiments.events import Ended, Event, from_line, to_line
from mnist_lab.machine import opener
from mnist_lab.store import files

_AT_ONCE = 4 * 2**20
"""Most bytes that are read at once: ten thousand epochs take half of it."""
_LAST = 64 * 1024
_BAD_LINES = 1000
"""After so many lines in a row that are no events, or a line that is longer than what is read at once, the file is no
journal and is not read any further."""


class JournalWriter:
    """Appends events to a journal, each in one write, so that only the last line can be incomplete."""

    def __init__(self, path: Path) -> None:
        self._file = files.open_new(path)

    def write(self, event: Event) -> None:
        """Append an event.

        Raises:
            OSError: The line could not be written whole; the journal is not to be written to again.
        """
        files.write_all(self._file, to_line(event))

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class JournalReader:
    """Reads a journal incrementally: each :meth:`read` gives the events added since the one before.

    Attributes:
        restarted: Whether the last :meth:`read` began another journal, which a run that was given up gets.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._bad_lines = 0
        self._inode: int | None = None
        self.restarted = False

    def read(self) -> list[Event]:
        """The new events, in order. An incomplete last line is left for later; lines of a later version are skipped.

        Of more than four megabytes the rest is left for the next call.
        """
        try:
            content = self._content()
        except OSError:  # not there yet, or not a file: the run's status follows from the other files of its folder
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        if not whole and len(content) == _AT_ONCE:
            self._bad_lines = _BAD_LINES
        events = []
        for line in whole.splitlines():
            try:
                events.append(from_line(line))
                self._bad_lines = 0
            except ValidationError:
                self._bad_lines += 1
                if self._bad_lines >= _BAD_LINES:
                    break
        return events

    def _content(self) -> bytes:
        handle = opener.open_handle(self._path)
        try:
            found = os.fstat(handle)
            self.restarted = self._inode not in {None, found.st_ino}
            if self._inode != found.st_ino:
                self._inode, self._offset, self._bad_lines = found.st_ino, 0, 0
            if self._bad_lines >= _BAD_LINES or found.st_size == self._offset:
                return b""
            return os.pread(handle, _AT_ONCE, self._offset)
        finally:
            os.close(handle)


def last_reason(path: Path) -> str:
    """Why a run ended, by the end of its journal; empty where that does not say."""
    with suppress(OSError):
        for line in reversed(opener.read_tail(path, _LAST).splitlines()):
            with suppress(ValidationError):
                event = from_line(line)
                if isinstance(event, Ended) and event.reason:
                    return event.reason
    return ""
