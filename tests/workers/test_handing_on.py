"""Nothing waits without a worker while the machine has room: real workers, whose trainings compute nothing."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.machine import cores
from mnist_lab.store import Store, registry
from mnist_lab.workers import pool
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.pool import WorkerPool
from tests.factories import make_request
from tests.processes import eventually

ALL = cores.usable()
POOLS: list[WorkerPool] = []
"""Those that are no longer asked, kept because Python complains of processes that nobody waits for."""

pytestmark = [
    pytest.mark.usefixtures("processors_of_our_own", "stub_trainings"),
    pytest.mark.skipif(ALL < 2, reason="a machine of one processor has no other number of threads"),
]


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Callable[[str], Store]]:
    """Makes runs folders, whose workers are gone when the test is."""
    made: list[Store] = []

    def make(name: str) -> Store:
        store = Store.locate(tmp_path / name)
        store.prepare()
        made.append(store)
        return store

    yield make
    for store in made:

        def gone(store: Store = store) -> bool:
            for run in store.runs():
                if run.status == "queued":
                    store.set_flag(run.id, "pause")
            pool.stop_workers(store)
            return not guards(store)

        assert eventually(gone, 60)
    while POOLS:
        for process in POOLS.pop().processes:
            process.wait()


def guards(store: Store) -> list[str]:
    """The processes that serve or supervise a folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"] or []
        if str(store.root) in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(" ".join(words))
    return found


def asked(store: Store, threads: int, epochs: int = 1, count: int = 1) -> list[str]:
    """Runs that are asked for by somebody who leaves at once."""
    requests = [
        make_request(experiment=DEFAULT.derive(epochs=epochs), threads=threads, keep="record") for _ in range(count)
    ]
    for request in requests:
        store.request(request)
    POOLS.append(WorkerPool(store, Placement.here()))
    POOLS[-1].ensure()
    return [request.id for request in requests]


def finished(store: Store, *run_ids: str) -> bool:
    return all(store.read(run_id).status == "finished" for run_id in run_ids)


def serving(store: Store) -> Counter[Any]:
    return Counter(worker.kind.threads for worker in registry.workers(store.root))


def test_an_idle_worker_stays_and_leaves_its_processors_to_others(folders: Callable[[str], Store]) -> None:
    one, other = folders("one"), folders("other")
    first = asked(one, 1)
    assert eventually(lambda: finished(one, *first))
    assert eventually(lambda: cores.free() == ALL)
    assert serving(one) == {1: 1}
    [worker] = registry.workers(one.root)
    assert eventually(lambda: os.sched_getaffinity(worker.owner.pid) == os.sched_getaffinity(0))
    second = asked(other, ALL, epochs=10_000)
    assert eventually(lambda: cores.free() == 0)
    assert eventually(lambda: next(registry.workers(other.root)).state.cores == tuple(cores.affinity()))
    third = asked(one, 1)
    assert eventually(lambda: finished(one, *third)), "a folder is served by one, however full the machine is"
    other.set_flag(*second, "stop")


def test_what_wants_all_threads_starts_though_a_worker_of_one_thread_is_warm(folders: Callable[[str], Store]) -> None:
    store = folders("runs")
    first = asked(store, 1)
    assert eventually(lambda: finished(store, *first))
    second = asked(store, ALL)
    assert eventually(lambda: finished(store, *second))


@pytest.mark.parametrize(("before", "after"), [(1, ALL), (ALL, 1)])
def test_what_finds_no_room_starts_when_a_worker_has_left(
    folders: Callable[[str], Store], before: int, after: int
) -> None:
    store = folders("runs")
    first = asked(store, before, epochs=30)
    assert eventually(lambda: store.read(first[0]).status == "running")
    second = asked(store, after)
    assert eventually(lambda: finished(store, *first, *second))


def test_what_finds_no_room_because_of_another_folder_starts_once_that_has_left(
    folders: Callable[[str], Store],
) -> None:
    store, other = folders("runs"), folders("other")
    elsewhere = asked(other, ALL - 1, epochs=10_000)
    assert eventually(lambda: cores.free() == 1)
    busy = asked(store, 1, epochs=10_000)
    assert eventually(lambda: cores.free() == 0)
    waits = asked(store, ALL - 1) if ALL > 2 else asked(store, 2)
    assert store.read(*waits).status == "queued"
    other.set_flag(*elsewhere, "stop")
    if ALL > 2:  # the busy worker's supervisor starts one
        assert eventually(lambda: finished(store, *waits), 60)
        store.set_flag(*busy, "stop")
    else:
        store.set_flag(*busy, "stop")
        assert eventually(lambda: finished(store, *waits), 60)


def test_a_busy_worker_s_supervisor_starts_what_there_is_room_for(folders: Callable[[str], Store]) -> None:
    store = folders("runs")
    held = cores.lease(ALL - 1)
    assert held is not None
    busy = asked(store, 1, epochs=10_000)
    assert eventually(lambda: store.read(busy[0]).status == "running")
    waits = asked(store, 1)
    assert store.read(*waits).status == "queued"
    held.release()
    assert eventually(lambda: finished(store, *waits), 60)
    assert store.read(*busy).status == "running"


def test_a_run_that_is_put_first_does_not_wait_behind_all_of_another_number_of_threads(
    folders: Callable[[str], Store],
) -> None:
    store = folders("runs")
    many = asked(store, 1, epochs=20, count=8 * ALL)
    assert eventually(lambda: serving(store)[1] == ALL)
    [first] = asked(store, ALL)
    store.move(first, 5)
    assert eventually(lambda: finished(store, first), 90)
    assert not finished(store, *many)
    assert eventually(lambda: any(run.status == "running" for run in store.runs()), 60)


def test_workers_that_are_asked_to_leave_hand_on_nothing(folders: Callable[[str], Store]) -> None:
    store = folders("runs")
    [running] = asked(store, 1, epochs=10_000)
    assert eventually(lambda: store.read(running).status == "running")
    request = make_request(experiment=DEFAULT.derive(epochs=1), threads=ALL, keep="record")
    store.request(request)
    assert pool.stop_workers(store) == 1
    assert eventually(lambda: not guards(store))
    assert (store.read(running).status, store.read(request.id).status) == ("stopped", "queued")
    assert serving(store) == {}
