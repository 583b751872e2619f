"""Options that several commands share, and what the shell completes them with."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from mnist_lab.store import Store


_PIPE_WIDTH = 240


class BackendChoice(StrEnum):
    """What Keras runs on."""

    tensorflow = "tensorflow"
    jax = "jax"


def complete_preset(incomplete: str) -> list[str]:
    from mnist_lab.experiments.presets import PRESETS

    return [name for name in PRESETS if name.startswith(incomplete)]


def complete_section(incomplete: str) -> list[str]:
    from mnist_lab.experiments.sections import walk

    return [section.name for section in walk() if section.name.startswith(incomplete)]


def complete_setting(incomplete: str) -> list[str]:
    """``field=`` for the start of a field's name; ``field=value`` once the field is known and has choices."""
    from mnist_lab.experiments.experiment import FIELDS

    name, equals, value = incomplete.partition("=")
    if equals and name in FIELDS:
        done, comma, last = value.rpartition(",")
        return [f"{name}={done}{comma}{choice}" for choice in FIELDS[name].choices if choice.startswith(last)]
    return [f"{field}=" for field in FIELDS if field.startswith(name)]


def complete_run(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The short ends of the ids in the runs folder, newest first, each with what it is."""
    from mnist_lab.errors import LabError
    from mnist_lab.store import Store
    from mnist_lab.store.ids import short_ends

    try:
        store = Store.locate(context.params.get("runs"))
        shorts = short_ends(store.ids())
        found = [run_id for run_id in reversed(shorts) if shorts[run_id].startswith(incomplete.upper())][:50]
        runs = [store.read(run_id) for run_id in found]
    except (LabError, OSError):
        return []
    spelt = str.lower if incomplete.islower() else str  # a completion is only offered where it goes on as it began
    return [(spelt(shorts[run.id]), f"{(run.asked and run.asked.preset) or 'run'}, {run.status}") for run in runs]


Runs = Annotated[
    Path | None,
    typer.Option(
        "--runs",
        metavar="DIR",
        help="Runs folder [default: $MNIST_LAB_RUNS, else ./saved_runs].",
        show_default=False,
        readable=False,  # not checked here, so that the store says what is wrong
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=1024,
        envvar="MNIST_LAB_WORKERS",
        help="Trainings side by side, at most [default: as many as there is room for].",
        show_default=False,
        show_envvar=False,
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=1024,
        envvar="MNIST_LAB_THREADS",
        help="CPU threads for each [default: what ends all of them soonest].",
        show_default=False,
        show_envvar=False,
    ),
]
Lanes = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=1024,
        envvar="MNIST_LAB_LANES",
        help="Runs that JAX trains in one step [default: what the device's memory holds].",
        show_default=False,
        show_envvar=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout instead.")]
RunIds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID...", help="Runs, by any unique end of their ids.", autocompletion=complete_run, show_default=False
    ),
]
RunId = Annotated[
    str, typer.Argument(metavar="ID", help="A run, by any unique end of its id.", autocompletion=complete_run)
]


def resolve_all(store: Store, ends: list[str] | None) -> list[str]:
    """The ids that the given ends mean, each once.

    Raises:
        UsageError: One is no id, or none was given.
    """
    from mnist_lab.errors import UsageError

    if not ends:
        raise UsageError("Which run? Give the end of its id; `mnist-lab runs list` shows them.")
    return list(dict.fromkeys(store.resolve(end) for end in ends))


def place(workers: int | None, threads: int | None, lanes: int | None = None) -> None:
    """Let this process, and the workers it starts, hold to what was said about workers, threads and lanes."""
    import os

    from mnist_lab.workers.placement import LANES_VARIABLE, THREADS_VARIABLE, WORKERS_VARIABLE

    for variable, value in ((WORKERS_VARIABLE, workers), (THREADS_VARIABLE, threads), (LANES_VARIABLE, lanes)):
        if value is not None:
            os.environ[variable] = str(value)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False))


def out() -> Console:
    """The console for data: stdout; wide where that is not a terminal, so that nothing is cut off."""
    import os
    import sys

    from rich.console import Console

    known = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if known else _PIPE_WIDTH)


def narration() -> Console:
    """The console for everything that is not data: stderr."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def narrate(sentence: str) -> None:
    """Say a sentence on stderr, if there is one: wrapped on a terminal, one line on a pipe."""
    if not sentence:
        return
    console = narration()
    console.print(sentence, markup=False, soft_wrap=not console.is_terminal)
