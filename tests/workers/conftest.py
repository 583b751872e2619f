"""Workers whose trainings compute nothing, on processors and in a folder of the test's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks.parts import stub_worker
from mnist_lab.store import Store
from mnist_lab.workers import pool
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.pool import WorkerPool
from tests.processes import eventually

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def processors_of_our_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests' workers leave room here."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture
def stub_trainings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that are started train nothing: a tenth of a second for each epoch but the first."""
    monkeypatch.setattr(pool, "WORKER_COMMAND", stub_worker.COMMAND)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(CHECKOUT), *sys.path]))


@pytest.fixture
def placement() -> Placement:
    return Placement.here()


@pytest.fixture
def end_workers() -> Iterator[Callable[[Store], None]]:
    """Names a folder whose workers are to be gone when the test is."""
    stores: list[Store] = []
    yield stores.append
    for store in stores:
        assert eventually(lambda store=store: not pool.stop_workers(store))  # type: ignore[misc]


@pytest.fixture
def force(store: Store, placement: Placement) -> Iterator[WorkerPool]:
    """Workers that are gone when the test is."""
    found = WorkerPool(store, placement)
    yield found

    def gone() -> bool:
        asked = pool.stop_workers(store)
        return not asked and all(process.poll() is not None for process in found.processes)

    assert eventually(gone)
