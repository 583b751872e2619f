"""The lab under test starts no workers beside the place that a test holds, or the one that it wants."""

from __future__ import annotations

import asyncio
import time

import pytest

_LOOK_SECONDS = 0.005
_BUSY_SECONDS = 1.0
"""Of processor time, after which an app that is never idle is taken to have done what was asked."""


@pytest.fixture(autouse=True)
def one_worker_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_WORKERS", "1")
    monkeypatch.setenv("MNIST_LAB_THREADS", "1")


@pytest.fixture(autouse=True)
def exact_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual's pilot, which looks after each key whether the app is idle, looks more often and at more.

    Its own way takes at least 40 ms a key, and takes a process for idle that only was not given the processor.
    """

    async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        loop = asyncio.get_running_loop()
        begun, used = time.monotonic(), time.process_time()
        while (before := time.process_time()) < used + _BUSY_SECONDS:
            await asyncio.sleep(_LOOK_SECONDS)
            quiet = not loop._ready and time.process_time() - before < _LOOK_SECONDS / 20  # type: ignore[attr-defined]
            if quiet and time.monotonic() - begun >= min_sleep:
                return

    monkeypatch.setattr("textual.app.wait_for_idle", wait_for_idle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", wait_for_idle)
