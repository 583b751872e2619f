"""The lab under test starts no workers beside the place that a test holds, or the one that it wants."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def one_worker_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_WORKERS", "1")
    monkeypatch.setenv("MNIST_LAB_THREADS", "1")
