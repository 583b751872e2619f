"""Starting Python processes that import nothing from the folder they are started in."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

_PACKAGE_PARENT = Path(__file__).resolve().parents[2]


def command(*arguments: str) -> list[str]:
    """The command line of this Python, to be run with :func:`environment`.

    Without ``-P``, ``-m`` and ``-c`` put the current folder before all others, and a ``keras.py`` that somebody has
    there is imported in place of Keras.
    """
    return [sys.executable, "-P", *arguments]


def environment() -> dict[str, str]:
    """The environment of such a process: in it, and in what it starts, ``PYTHONPATH`` has no current folder either.

    An empty entry of ``PYTHONPATH``, as a colon at its end makes one, stands for the current folder. The folder that
    this package was imported from is added where only the current folder of this process had it.
    """
    entries = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    if not _has_package(entries):
        entries.append(str(_PACKAGE_PARENT))
    chosen = {"PYTHONSAFEPATH": "1"} | ({"PYTHONPATH": os.pathsep.join(entries)} if entries else {})
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | chosen


def _has_package(entries: list[str]) -> bool:
    """Whether a process finds this package with these entries of ``PYTHONPATH``, without the current folder."""
    with suppress(OSError):  # the current folder was removed
        elsewhere = [*entries, *(entry for entry in sys.path if entry not in ("", str(Path.cwd())))]
        return any(Path(entry).resolve() == _PACKAGE_PARENT for entry in elsewhere)
    return False
