"""``mnist-lab doctor``: a diagnosis of this machine."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from mnist_lab.commands.inputs import placement_here, runs_folder
from mnist_lab.commands.options import AsJson, Runs
from mnist_lab.commands.output import out, print_json, say
from mnist_lab.render.tables import diagnosis_table
from mnist_lab.workers import calibration
from mnist_lab.workers.diagnosis import diagnose


def doctor(
    runs: Runs = None,
    as_json: AsJson = False,
    threads: Annotated[int | None, typer.Option(metavar="N", min=1, help="As a worker with so many threads.")] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="First measure how many workers of how many threads are fastest here.")
    ] = False,
) -> None:
    """Say what the lab would train on and why, and what to do where something is missing.

    \b
    Examples:
      mnist-lab doctor
      mnist-lab doctor --measure            takes a minute, and is remembered
    """
    placement = placement_here()
    if measure:
        calibration.measure(placement, lambda line: say(f"measuring {line}")).save()
        placement = placement.refreshed()
    findings = diagnose(runs_folder(runs), placement, os.environ.get("TERM", "none"), threads)
    if as_json:
        rows = [
            {"what": found.what, "value": found.value, "ok": found.ok, "advice": found.advice} for found in findings
        ]
        print_json({"schema": 1, "findings": rows})
    else:
        out().print(diagnosis_table(findings))
    raise typer.Exit(max((found.exit_code for found in findings), default=0))
