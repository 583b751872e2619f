"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class BackendChoice(StrEnum):
    """What Keras runs on."""

    tensorflow = "tensorflow"
    jax = "jax"


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
LostAfter = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Give up runs of hosts that have been silent for so long (90s, 10m, 2h), so that they are trained again "
        "[default: never].",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout instead.")]
