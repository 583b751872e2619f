"""The lab under test starts no workers besides the slot that a test holds, or the one that it needs."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")

_POLL_SECONDS = 0.005
_TIMER_SECONDS = 0.05
"""How long a timer that is about to go off is waited for: Textual's own repaint after a sixtieth of a second."""
_THREAD_SECONDS = 0.2
"""How long a thread is waited for: it may itself wait for what only the test will do."""
_BUSY_SECONDS = 1.0
"""Of processor time, after which an app that is never idle is taken to have done what was asked."""


@pytest.fixture(autouse=True)
def one_worker_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_WORKERS", "1")
    monkeypatch.setenv("MNIST_LAB_THREADS", "1")


def timer_is_due(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether a timer goes off in as short a time as Textual's own."""
    soon = loop.time() + 1 / 50
    return any(not timer.cancelled() and timer.when() < soon for timer in loop._scheduled)  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def exact_pilot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Textual's pilot, which after each key waits until the app is idle, look more often and at more.

    Its own way takes at least 40 ms a key, and takes a process for idle that only was not given the processor.
    """
    to_thread, threads = asyncio.to_thread, 0

    async def counted(function: Callable[..., T], *args: Any, **options: Any) -> T:
        nonlocal threads
        threads += 1
        try:
            return await to_thread(function, *args, **options)
        finally:
            threads -= 1

    async def wait_for_idle(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
        loop = asyncio.get_running_loop()
        began, limit = time.monotonic(), time.process_time() + _BUSY_SECONDS
        quiet_since = math.inf
        while (used := time.process_time()) < limit:
            await asyncio.sleep(_POLL_SECONDS)
            if loop._ready or time.process_time() - used > _POLL_SECONDS / 20:  # type: ignore[attr-defined]
                continue
            now = time.monotonic()
            quiet_since = min(quiet_since, now)
            patience = _THREAD_SECONDS if threads else _TIMER_SECONDS if timer_is_due(loop) else 0
            if now - began >= min_sleep and now - quiet_since >= patience:
                return

    monkeypatch.setattr(asyncio, "to_thread", counted)
    monkeypatch.setattr("textual.app.wait_for_idle", wait_for_idle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", wait_for_idle)
