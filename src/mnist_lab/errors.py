"""Everything that can go wrong on purpose, as one tree.

::

    LabError                    one sentence, and an exit code
    ├── UsageError        (2)   what was asked for makes no sense: a name, a value, a combination
    ├── TrainingError     (1)   a run could not be trained to its end
    │   └── EngineError         the backend is missing or cannot do what the experiment asks
    └── StorageError      (3)   something on disk is not as it must be
        ├── DataError           the images: missing, damaged, not in MNIST's layout
        ├── StoreError          the runs folder: not a folder, not writable, full
        └── DamagedRunError     one saved run that cannot be read; the others can

The message of each says what is wrong, where, and what to do. The faces print it as it is and leave with
:attr:`LabError.exit_code`; only errors outside this tree are bugs.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's exit status says. These are all there are."""

    DONE = 0
    RUN_FAILED = 1
    USAGE = 2
    STORAGE = 3
    STOPPED = 130


class LabError(Exception):
    """Base of every error that is meant for a person."""

    exit_code = ExitCode.RUN_FAILED


class UsageError(LabError):
    exit_code = ExitCode.USAGE


class TrainingError(LabError):
    exit_code = ExitCode.RUN_FAILED


class EngineError(TrainingError):
    pass


class StorageError(LabError):
    exit_code = ExitCode.STORAGE


class DataError(StorageError):
    pass


class StoreError(StorageError):
    pass


class DamagedRunError(StorageError):
    pass


def unknown(kind: str, name: str, known: Iterable[str], *, listed_by: str) -> UsageError:
    """The error for a name that is not there, with the nearest one that is.

    Args:
        kind: What the name stands for, in the singular: ``"preset"``.
        name: What was given.
        known: The names there are.
        listed_by: The command that lists them.
    """
    near = difflib.get_close_matches(name.lower(), list(known), n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return UsageError(f"There is no {kind} {name!r}.{hint} `{listed_by}` lists them.")
