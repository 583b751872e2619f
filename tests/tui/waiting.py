"""Waiting for what an app does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from textual.pilot import Pilot

PATIENCE = 30.0
"""Seconds after which something that should have happened is taken not to happen."""


async def eventually(pilot: Pilot[Any], condition: Callable[[], object], what: str) -> None:
    """Let the app go on until a condition holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        await pilot.pause(0.02)
