"""Errors for the user, as one class hierarchy.

::

    LabError                    one sentence, and an exit code
    ├── UsageError        (2)   an invalid name, value or combination
    ├── TrainingError     (1)   a run could not be trained to its end
    │   └── EngineError         the backend is missing or does not support the experiment
    ├── NoSlotError       (4)   a worker is not needed: others serve the folder
    └── StorageError      (3)   an error of files
        ├── DataError           the images: missing, damaged, not in MNIST's layout
        ├── StoreError          the runs folder: not a folder, not writable, full
        │   └── RecordExistsError   a run has a record already
        └── DamagedRunError     one saved run that cannot be read; the others can

A message says what is wrong, where, and what to do. The frontends print it and exit with :attr:`LabError.exit_code`; an
error outside this hierarchy is a bug.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses of commands."""

    DONE = 0
    RUN_FAILED = 1
    USAGE = 2
    STORAGE = 3
    NO_SLOT = 4
    STOPPED = 130


class LabError(Exception):
    """Base of all errors that are meant for the user."""

    exit_code = ExitCode.RUN_FAILED


class UsageError(LabError):
    """An invalid name, value or combination."""

    exit_code = ExitCode.USAGE


class TrainingError(LabError):
    """A run could not be trained to its end."""

    exit_code = ExitCode.RUN_FAILED


class EngineError(TrainingError):
    """The backend is missing or does not support the experiment."""


class NoSlotError(LabError):
    """A worker found its slots taken: others of its kind serve the runs folder on this host."""

    exit_code = ExitCode.NO_SLOT


class StorageError(LabError):
    """Base of errors of files."""

    exit_code = ExitCode.STORAGE


class DataError(StorageError):
    """The images are missing, damaged or not in MNIST's layout."""


class StoreError(StorageError):
    """The runs folder cannot be read or written."""


class RecordExistsError(StoreError):
    """A run has a record already: the first that is published is the one that counts."""


class DamagedRunError(StorageError):
    """One saved run, or one of its files, is damaged or cannot be read."""


def unknown(kind: str, name: str, known: Iterable[str], *, listed_by: str) -> UsageError:
    """The error for an unknown name, with the closest known one.

    Args:
        kind: What is named, in the singular: ``"preset"``.
        name: The unknown name.
        known: All known names.
        listed_by: The command that lists them.
    """
    near = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return UsageError(f"There is no {kind} {name!r}.{hint} `{listed_by}` lists them.")
