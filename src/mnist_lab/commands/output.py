"""What commands print: data on stdout, everything else on stderr.

Nothing that is printed is read as markup, and nothing in it is obeyed by a terminal: names of files and folders and the
environment may hold anything.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console

from mnist_lab.store import Run
from mnist_lab.text import OBEYED, clean

_PIPE_WIDTH = 240


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout; characters that a terminal would obey are written as escapes of JSON."""
    text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
    typer.echo(OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def run_as_json(run: Run) -> dict[str, Any]:
    """A run as plain data: its record where it has one, else what its folder shows."""
    if run.record is not None:
        return run.record.to_json()
    asked = {} if run.request is None else run.request.model_dump(mode="json", by_alias=True)
    silent = None if run.silent_since is None else datetime.fromtimestamp(run.silent_since, UTC).isoformat()
    return asked | {"id": run.id, "status": run.status, "reason": run.reason, "silent_since": silent}


def out() -> Console:
    """The console for data: stdout; wide where that is not a terminal, so that nothing is cut off."""
    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, markup=False, emoji=False, width=None if known else _PIPE_WIDTH)


def narration() -> Console:
    """The console for everything that is not data: stderr."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def say(line: str) -> None:
    """Print a line on stderr."""
    typer.echo(clean(line), err=True)


def narrate(sentence: str) -> None:
    """Print a sentence on stderr, unless it is empty: wrapped on a terminal, one line on a pipe."""
    if not sentence:
        return
    console = narration()
    console.print(clean(sentence), soft_wrap=not console.is_terminal)
