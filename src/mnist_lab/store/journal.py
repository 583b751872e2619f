"""A run's journal: one event per line, appended by one worker and read by others while it grows."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from mnist_lab.experiments.events import Event, from_line, to_line
from mnist_lab.store import files


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
        self._inode: int | None = None
        self.restarted = False

    def read(self) -> list[Event]:
        """The new events, in order. An incomplete last line is left for later; lines of a later version are skipped."""
        try:
            with self._path.open("rb") as handle:
                stat = os.fstat(handle.fileno())
                self.restarted = self._inode not in {None, stat.st_ino}
                if self._inode != stat.st_ino:
                    self._inode, self._offset = stat.st_ino, 0
                if stat.st_size == self._offset:
                    return []
                handle.seek(self._offset)
                content = handle.read()
        except OSError:  # not there yet, or not a file: the run's status follows from the other files of its folder
            return []
        whole = content[: content.rfind(b"\n") + 1]
        self._offset += len(whole)
        events = []
        for line in whole.splitlines():
            try:
                events.append(from_line(line))
            except ValidationError:
                continue
        return events
