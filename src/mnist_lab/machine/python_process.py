"""Starting Python processes that import nothing from the folder they are started in."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE_PARENT = Path(__file__).parents[2]


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
    inherited = sys.path if sys.flags.safe_path else sys.path[1:]
    if not any(Path(entry or os.curdir).resolve() == _PACKAGE_PARENT for entry in inherited):
        entries.append(str(_PACKAGE_PARENT))
    chosen = {"PYTHONSAFEPATH": "1"} | ({"PYTHONPATH": os.pathsep.join(entries)} if entries else {})
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | chosen
