"""``make pictures``: each screen of the lab, drawn from real runs, as an SVG beside this file.

The runs are trained first where the folder for them (``$MNIST_LAB_PICTURES``, else ``.pictures``) does not hold them.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from textual.pilot import Pilot

from mnist_lab.store import Store
from mnist_lab.tui.app import LabApp
from mnist_lab.workers.placement import Placement

os.environ["COLORTERM"] = "truecolor"
HERE = Path(__file__).parent
RUNS = Path(os.environ.get("MNIST_LAB_PICTURES", ".pictures")).absolute()
TRAINED = [
    ["--section", "activation", "--seeds", "3"],
    ["--section", "learning-rate", "--epochs", "12"],
    ["--preset", "dense-early"],
    ["--preset", "conv", "--epochs", "2"],
]
Steps = Callable[[Pilot[None]], Awaitable[None]]


def train() -> None:
    """Make the runs that are not there yet."""
    if len(Store.locate(RUNS).ids()) >= 22:
        return
    for what in TRAINED:
        command = [sys.executable, "-m", "mnist_lab", "run", *what, "--runs", str(RUNS), "--note", "for the pictures"]
        subprocess.run(command, check=True)


async def draw(name: str, size: tuple[int, int], steps: Steps) -> None:
    """Open the lab, go where the steps lead, and keep what is seen."""
    app = LabApp(Store.locate(RUNS), Placement.here())
    async with app.run_test(size=size) as pilot:
        while not app.snapshots or app.machine is None:
            await pilot.pause(0.1)
        app.sub_title = "saved_runs"
        app.screen.query_one("StatusLine").refresh()
        await steps(pilot)
        await pilot.pause(1.0)
        app.save_screenshot(f"{name}.svg", path=str(HERE))
    print(f"drew {name}.svg", file=sys.stderr)


def press(*keys: str) -> Steps:
    """Press keys one after another, leaving each the time to do its work."""

    async def steps(pilot: Pilot[None]) -> None:
        for key in keys:
            await pilot.press(key)
            await pilot.pause(0.5)

    return steps


PICTURES: list[tuple[str, tuple[int, int], Steps]] = [
    ("home", (120, 36), press("1", "m", "l", "x", "left", "left", "left", "left")),
    ("home-80x24", (80, 24), press("7")),
    ("compare", (120, 36), press("c", "g", "space", "down", "space", "down", "space")),
    ("two-runs", (120, 36), press("c", "space", "down", "space", "v")),
    ("claims", (120, 36), press("L", "down", "down", "down")),
    ("run-curves", (120, 36), press("c", "enter")),
    ("run-confusion", (120, 36), press("c", "enter", "2")),
    ("run-mistakes", (120, 36), press("c", "enter", "3")),
    ("run-recipe", (120, 36), press("c", "enter", "4")),
    ("run-replay", (120, 36), press("1", "enter", "p", "left", "left")),
    ("help", (120, 36), press("question_mark")),
]


if __name__ == "__main__":
    train()
    for picture in PICTURES:
        asyncio.run(draw(*picture))
