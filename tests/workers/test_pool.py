"""Workers are started where they are needed and there is room, and asked to leave or killed."""

from __future__ import annotations

import json
import os
import signal
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from mnist_lab.errors import ExitCode, StoreError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.machine import cores
from mnist_lab.runs import requests
from mnist_lab.store import Store, registry
from mnist_lab.store.registry import WorkerSpec
from mnist_lab.workers import pool
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.pool import WorkerPool
from tests.factories import OBEYED, elsewhere, is_harmless, make_request
from tests.processes import Holder, eventually, running

Hold = Callable[..., Holder]
KIND = WorkerSpec("tensorflow", 1)


pytestmark = pytest.mark.usefixtures("processors_of_our_own")


def slot(store: Store) -> Path:
    folder = registry.root_of(store.root) / KIND.slot(0)
    folder.mkdir(parents=True)
    return folder


def pids(store: Store) -> set[int]:
    return {worker.owner.pid for worker in registry.workers(store.root)}


@pytest.mark.usefixtures("stub_trainings")
def test_a_worker_is_started_in_a_session_of_its_own_and_keeps_to_a_processor(store: Store, force: WorkerPool) -> None:
    trains = make_request(experiment=DEFAULT.derive(epochs=10_000), threads=1, keep="record")
    store.request(trains)
    [process] = force.spawn(Counter({KIND: 1}))
    assert eventually(lambda: bool(pids(store)) or process.poll() is not None)
    [worker] = registry.workers(store.root)
    assert psutil.Process(worker.owner.pid).ppid() == process.pid
    assert psutil.Process(worker.owner.pid).nice() == psutil.Process().nice() + 5, "a frontend is answered first"
    assert os.getsid(worker.owner.pid) == os.getsid(process.pid) == process.pid
    assert eventually(lambda: bool(next(registry.workers(store.root)).state.cores))
    [worker] = registry.workers(store.root)
    kept_to = cores.affinity() if cores.in_container() else worker.state.cores
    assert os.sched_getaffinity(worker.owner.pid) == set(kept_to)
    assert len(worker.state.cores) == 1
    assert pool.stop_workers(store) == 1
    assert process.wait(30) == 0
    assert pool.last_words(store) == f"{trains.id} stopped after 0 epochs."


@pytest.mark.parametrize("placement", [Placement(workers=2)])
def test_no_more_are_started_than_there_are_runs_slots_and_free_processors(store: Store, force: WorkerPool) -> None:
    assert len(force.spawn(Counter({KIND: 1}))) == 1
    assert force.spawn(Counter({KIND: 1})) == []  # it is coming, though it has not said so yet
    assert eventually(lambda: len(pids(store)) == 1)
    assert len(force.spawn(Counter({KIND: 7}))) == min(1, cores.usable() - 1)
    assert force.spawn(Counter({KIND: 7})) == []


@pytest.mark.parametrize("placement", [Placement(workers=1, threads=1, lanes=3, memory=0)])
def test_a_worker_is_told_what_the_user_chose(force: WorkerPool) -> None:
    [process] = force.spawn(Counter({KIND: 1}))
    command = " ".join(psutil.Process(process.pid).cmdline())
    assert "--workers 1 --threads 1 --lanes 3" in command
    assert not any(name.startswith("MNIST_LAB_") for name in psutil.Process(process.pid).environ().keys() - os.environ)


def test_a_folder_is_served_by_one_however_full_the_machine_is(store: Store, force: WorkerPool) -> None:
    lease = cores.lease(cores.usable())
    assert lease is not None
    [process] = force.spawn(Counter({KIND: 7}))
    assert eventually(lambda: bool(pids(store)))
    assert next(registry.workers(store.root)).state.cores == ()
    assert force.spawn(Counter({KIND: 7, WorkerSpec("tensorflow", 2): 1})) == []
    lease.release()
    assert process.poll() is None


def test_only_runs_that_have_not_ended_and_are_not_paused_keep_workers_coming(store: Store, force: WorkerPool) -> None:
    request = make_request()
    store.request(request.model_copy(update={"threads": 1}))
    store.set_flag(request.id, "pause")
    force.ensure()
    assert not force.processes
    store.clear_flag(request.id, "pause")

    def served() -> bool:
        force.ensure()
        return bool(pids(store))

    assert eventually(served)


def test_where_no_worker_comes_up_it_is_said_why(force: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_WORKERS", "none at all")  # which a worker reads as the command line that it is
    for _ in range(3):
        [process] = force.spawn(Counter({KIND: 1}))
        assert process.wait(30) > 0
    with pytest.raises(StoreError, match="Invalid value for '--workers'"):
        force.spawn(Counter({KIND: 1}))


@pytest.mark.usefixtures("stub_trainings")
def test_a_worker_that_is_killed_is_followed_by_another_while_anything_waits(
    store: Store, force: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = make_request(experiment=DEFAULT.derive(epochs=1), threads=3, keep="record")
    store.request(waits)
    store.set_flag(waits.id, "pause")
    [process] = force.spawn(Counter({KIND: 1}))
    log = registry.root_of(store.root) / "worker.log"
    assert eventually(lambda: "Serving" in log.read_text())
    [first] = pids(store)
    store.clear_flag(waits.id, "pause")
    os.kill(first, signal.SIGSTOP)  # it must not see that the room is needed
    os.kill(first, signal.SIGKILL)
    assert process.wait(30) == 0  # the second sees that what waits is for others
    assert "ended by SIGKILL" in log.read_text()
    assert eventually(lambda: log.read_text().count("Serving") == 3), "the third is one of those"
    [third] = registry.workers(store.root)
    assert third.kind == WorkerSpec("tensorflow", 3)
    assert eventually(lambda: store.read(waits.id).ended)


def test_who_leaves_is_followed_by_none_of_a_kind_that_nothing_waits_for(
    store: Store, force: WorkerPool, hold: Hold
) -> None:
    runs, waits = (make_request(experiment=DEFAULT.derive(seed=seed)) for seed in (1, 2))
    for request, threads in ((runs, 1), (waits, 2)):
        store.request(request.model_copy(update={"threads": threads}))
    hold(store.folder(runs.id))
    store.set_flag(waits.id, "pause")
    force.spawn_for_waiting()
    assert not force.processes
    store.clear_flag(waits.id, "pause")
    force.spawn_for_waiting()
    [process] = force.processes
    assert eventually(lambda: bool(pids(store)) or process.poll() is not None)
    assert [worker.kind for worker in registry.workers(store.root)] == [WorkerSpec("tensorflow", 2)]
    requests.stop(store, waits.id)  # which may have been taken by now


def test_a_worker_on_another_host_may_be_gone_so_one_is_started_here(store: Store, hold: Hold) -> None:
    folder = slot(store)
    hold(folder).kill()
    elsewhere(folder)
    force = WorkerPool(store, Placement.here(), idle_seconds=0)
    [process] = force.spawn(Counter({KIND: 1}))
    assert process.wait(30) == 0
    assert f"Serving {store.root}." in (registry.root_of(store.root) / "worker.log").read_text()
    force.spawn(Counter())
    assert force.obstacle == ""


def test_where_a_worker_finds_no_slot_it_is_said_why_and_not_tried_again_and_again(
    store: Store, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = hold(slot(store))
    force = WorkerPool(store, Placement(workers=1, threads=1))
    with monkeypatch.context() as unseen:
        unseen.setattr(registry, "workers", lambda _runs: iter(()))
        [process] = force.spawn(Counter({KIND: 1}))
        assert process.wait(30) == ExitCode.NO_SLOT
    assert force.spawn(Counter({KIND: 7})) == []
    assert force.obstacle.startswith("No worker starts here. All slots for workers of this kind on this host are taken")
    assert f"by worker {holder.pid};" in force.obstacle


def test_workers_are_asked_to_leave(store: Store, hold: Hold) -> None:
    assert pool.stop_workers(store) == 0
    folder = slot(store)
    hold(folder)
    assert pool.stop_workers(store) == 1
    assert (folder / "stop").exists()
    assert len(list(registry.workers(store.root))) == 1


def test_those_of_other_users_are_asked_only_where_that_is_wanted(store: Store, hold: Hold) -> None:
    folder = slot(store)
    hold(folder).kill()
    elsewhere(folder)
    owner = folder / "claim" / "owner.json"
    owner.write_text(json.dumps(json.loads(owner.read_text()) | {"uid": os.geteuid() + 1}))
    assert pool.stop_workers(store) == 0
    assert not (folder / "stop").exists()
    assert pool.stop_workers(store, everyone=True) == 1
    assert (folder / "stop").exists()


TRAINS = """
import sys
from pathlib import Path
from mnist_lab.store import leases
held = [leases.take(Path(folder)) for folder in sys.argv[1].split(":")]
print("trains" if all(held) else "refused", flush=True)
for line in sys.stdin:
    print(line, end="", flush=True)
"""

WORKER = ("-m", "mnist_lab", "worker", "--runs")
"""The rest of a command line that makes a process a worker by all that can be seen."""


def test_only_the_workers_that_train_the_given_runs_are_killed(store: Store) -> None:
    ours, lane, other, waiting = (make_request() for _ in range(4))
    for request in (ours, lane, other, waiting):
        store.request(request)
    lanes = f"{store.folder(ours.id)}:{store.folder(lane.id)}"
    with (
        running(TRAINS, lanes, *WORKER, store.root) as first,
        running(TRAINS, store.folder(other.id), *WORKER, store.root) as second,
    ):
        assert (first.hear(), second.hear()) == ("trains", "trains")
        assert pool.kill_workers(store, [ours.id, lane.id, waiting.id]) == []
        assert first.process.wait(30) == -signal.SIGKILL
        assert {store.read(request.id).status for request in (ours, lane)} == {"died"}
        second.tell("alive")
        assert second.hear() == "alive"
        assert store.read(other.id).status == "running"


@pytest.mark.parametrize("folder", ["another", "none"])
def test_a_process_that_is_no_worker_of_the_folder_is_not_killed(store: Store, tmp_path: Path, folder: str) -> None:
    request = make_request()
    store.request(request)
    command = () if folder == "none" else (*WORKER, tmp_path)
    with running(TRAINS, store.folder(request.id), *command) as innocent:
        assert innocent.hear() == "trains"
        assert pool.kill_workers(store, [request.id]) == [request.id]
        innocent.tell("alive")
        assert innocent.hear() == "alive"


@pytest.mark.parametrize("changes", [{"started": "1"}, {"pid_space": 1}, {"boot": "another"}])
def test_a_process_that_only_has_the_pid_of_a_worker_is_not_killed(
    store: Store, hold: Hold, changes: dict[str, object]
) -> None:
    request, other = make_request(), make_request()
    store.request(request)
    store.request(other)
    hold(store.folder(request.id))
    with running(TRAINS, store.folder(other.id), *WORKER, store.root) as innocent:
        assert innocent.hear() == "trains"
        owner = store.folder(request.id) / "claim" / "owner.json"
        owner.write_text(json.dumps(json.loads(owner.read_text()) | {"pid": innocent.pid} | changes))
        assert pool.kill_workers(store, [request.id]) == [request.id]
        innocent.tell("alive")
        assert innocent.hear() == "alive"


def test_the_last_words_of_a_worker_are_one_clean_line(store: Store) -> None:
    assert pool.last_words(store) == ""
    registry.root_of(store.root).mkdir()
    log = registry.root_of(store.root) / "worker.log"
    log.write_bytes(b"")
    assert pool.last_words(store) == ""
    log.write_bytes(b"first\n" + OBEYED.replace("\r", "").encode() + b" \xff last\n\n")
    assert pool.last_words(store).endswith(" last")
    assert is_harmless(pool.last_words(store))


@pytest.mark.usefixtures("private_umask")
def test_in_a_shared_folder_others_can_start_workers_too(store: Store) -> None:
    store.root.chmod(0o2775)
    force = WorkerPool(store, Placement.here(), idle_seconds=0)
    [process] = force.spawn(Counter({KIND: 1}))
    assert process.wait(30) == 0
    for path in registry.root_of(store.root).rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o2775 if path.is_dir() else 0o664), path
