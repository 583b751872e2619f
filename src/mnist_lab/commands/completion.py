"""Values that the shell completes, and the arguments that are completed with run ids."""

from __future__ import annotations

from typing import Annotated

import typer

from mnist_lab.analysis.statistics.metrics import RUN_METRICS
from mnist_lab.commands.inputs import open_store
from mnist_lab.errors import LabError
from mnist_lab.experiments.experiment import FIELDS
from mnist_lab.experiments.presets import PRESETS
from mnist_lab.experiments.sections import walk
from mnist_lab.store import studies
from mnist_lab.store.ids import short_ends


def complete_preset(incomplete: str) -> list[str]:
    return [name for name in PRESETS if name.startswith(incomplete)]


def complete_section(incomplete: str) -> list[str]:
    return [section.name for section in walk() if section.name.startswith(incomplete)]


def complete_metric(incomplete: str) -> list[str]:
    return [name for name in RUN_METRICS if name.startswith(incomplete)]


def complete_setting(incomplete: str) -> list[str]:
    """``field=`` for the start of a field's name; ``field=value`` once the field is known and has choices."""
    name, equals, value = incomplete.partition("=")
    if equals and name in FIELDS:
        done, comma, last = value.rpartition(",")
        return [f"{name}={done}{comma}{choice}" for choice in FIELDS[name].choices if choice.startswith(last)]
    return [f"{field}=" for field in FIELDS if field.startswith(name)]


def complete_run(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The short ends of the ids in the runs folder, newest first, each with what it is."""
    try:
        store = open_store(context.params.get("runs"))
        shorts = short_ends(store.ids())
        found = [run_id for run_id in reversed(shorts) if shorts[run_id].startswith(incomplete.upper())][:50]
        runs = [store.read(run_id) for run_id in found]
    except (LabError, OSError):
        return []
    spelt = str.lower if incomplete.islower() else str  # a completion is only offered where it goes on as it began
    return [(spelt(shorts[run.id]), f"{(run.spec and run.spec.preset) or 'run'}, {run.status}") for run in runs]


def complete_study(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The ids of the studies in the runs folder, each with its title and arms."""
    try:
        found = studies.studies(open_store(context.params.get("runs")))
    except (LabError, OSError):
        return []
    return [(one.id, f"{one.title}: {' '.join(one.arms)}") for one in found if one.id.startswith(incomplete)]


RunIds = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="ID...", help="Runs, by any unique end of their ids.", autocompletion=complete_run, show_default=False
    ),
]
RunId = Annotated[
    str, typer.Argument(metavar="ID", help="A run, by any unique end of its id.", autocompletion=complete_run)
]
