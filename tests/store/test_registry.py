"""Which workers serve a folder: leases of slots, and the state that each publishes."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_lab.store import Store, folder_sweep, leases, registry
from mnist_lab.store.registry import WorkerSpec, WorkerState
from tests.factories import make_record, make_request, put, unreadable
from tests.processes import Holder
from tests.store.test_folder_sweep import Clock

Hold = Callable[..., Holder]
KIND = WorkerSpec("tensorflow", 1)


def slot_of(store: Store, number: int = 0) -> Path:
    folder = registry.root_of(store.root) / KIND.slot(number)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def test_a_worker_takes_a_slot_and_publishes_its_state(store: Store) -> None:
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    registry.publish_state(lease, WorkerState(warm=True, device="CPU", runs=("X",)))
    [worker] = registry.workers(store.root)
    assert (worker.kind, worker.owner.pid, worker.silent_for) == (KIND, os.getpid(), None)
    assert worker.state == WorkerState(warm=True, device="CPU", runs=("X",))
    assert registry.take_slot(store.root, KIND, slots=1) is None
    lease.release()
    assert list(registry.workers(store.root)) == []


def test_a_worker_may_be_asked_to_stop_and_the_request_ends_with_it(store: Store) -> None:
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    assert not registry.stop_requested(lease)
    [worker] = registry.workers(store.root)
    registry.request_stop(worker)
    registry.request_stop(worker)
    assert registry.stop_requested(lease)
    lease.release()
    again = registry.take_slot(store.root, KIND, slots=1)
    assert again is not None
    assert not registry.stop_requested(again)
    again.release()


def test_the_slot_of_a_killed_worker_is_free_at_once(hold: Hold, store: Store) -> None:
    helper = hold(slot_of(store))
    assert [worker.owner.pid for worker in registry.workers(store.root)] == [helper.pid]
    assert registry.take_slot(store.root, KIND, slots=1) is None
    second = registry.take_slot(store.root, KIND, slots=2)
    assert second is not None
    assert second.folder.name == KIND.slot(1)
    second.release()
    helper.kill()
    assert list(registry.workers(store.root)) == []
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    lease.release()


def test_a_worker_on_another_host_keeps_its_slot_and_is_reported_silent(hold: Hold, store: Store) -> None:
    folder = slot_of(store)
    hold(folder).kill()
    owner = folder / "claim" / "owner.json"
    owner.write_text(json.dumps(json.loads(owner.read_text()) | {"host": "elsewhere", "boot": "another"}))
    [worker] = registry.workers(store.root)
    assert worker.silent_for is not None
    assert registry.take_slot(store.root, KIND, slots=1) is None


def test_other_files_in_the_workers_folder_are_no_workers(hold: Hold, store: Store) -> None:
    hold(slot_of(store))
    root = registry.root_of(store.root)
    for name in ("worker.log", "7", "tensorflow-1-x", "torch-1-0", "tensorflow-1-²", ".gone-0"):
        (root / name).mkdir()
    (root / KIND.slot(0) / "state.json").write_bytes(b'{"warm": tr')
    (root / KIND.slot(8)).write_bytes(b"a file")
    damaged = slot_of(store, 9) / "claim"
    damaged.mkdir()
    (damaged / "owner.json").write_bytes(b"{")
    [worker] = registry.workers(store.root)
    assert (worker.kind, worker.state) == (KIND, WorkerState())


def test_the_state_of_a_worker_is_cleaned(store: Store) -> None:
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    (lease.folder / "state.json").write_text(json.dumps({"device": "\x1b]52;c;x\x07GPU\x9b", "runs": ["\u202eX"]}))
    [worker] = registry.workers(store.root)
    assert worker.state == WorkerState(device="GPU", runs=("X",))
    lease.release()


def test_a_folder_that_was_never_served_has_no_workers(store: Store) -> None:
    assert list(registry.workers(store.root)) == []
    assert list(registry.workers(store.root / "nowhere")) == []


def test_waiting_runs_are_in_order_and_ended_ones_are_not_read_again(store: Store, hold: Hold) -> None:
    requests = [make_request() for _ in range(5)]
    for request in requests:
        store.request(request)
    ended, paused, died, taken, last = (request.id for request in requests)
    damaged = put(store.root, "request.json", b"{")
    store.publish(make_record(ended))
    store.set_flag(paused, "pause")
    hold(store.folder(died)).kill()
    hold(store.folder(taken))
    queue = registry.Queue(store)
    assert [run.id for run in queue.waiting()] == [last]
    assert [run.id for run in queue.live()] == [paused, taken, last]
    assert {ended, died, damaged}.isdisjoint(run.id for run in queue.live())
    store.clear_flag(paused, "pause")
    assert [run.id for run in queue.waiting()] == [paused, last]
    store.move(last, -5)
    assert [run.id for run in queue.waiting()] == [last, paused]
    (store.folder(last) / "rank").write_bytes(b"\xff first")
    assert [run.id for run in queue.waiting()] == [paused, last]


def test_a_run_that_cannot_be_read_for_a_while_does_not_wait_and_is_not_forgotten(store: Store) -> None:
    request = make_request()
    store.request(request)
    record = store.folder(request.id) / "run.json"
    known, new = registry.Queue(store), registry.Queue(Store(store.root))
    assert [run.id for run in known.waiting()] == [request.id]
    with unreadable(store.folder(request.id) / "request.json"):
        assert (new.live(), new.waiting()) == ([], [])
    assert [run.id for run in new.waiting()] == [request.id]
    record.symlink_to(record.name)  # whether it has a record cannot be determined
    latest = registry.Queue(store)
    for queue in (known, new, latest):
        assert (queue.live(), queue.waiting()) == ([], [])
    record.unlink()
    for queue in (known, new, latest):
        assert [run.id for run in queue.waiting()] == [request.id]


def test_nothing_of_what_waits_is_read_while_nothing_changes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(50):
        store.request(make_request())
    clock = Clock()
    monkeypatch.setattr(folder_sweep, "time", clock)
    queue = registry.Queue(store)
    assert len(queue.waiting()) == 50
    for _ in range(4):
        clock.ahead += 2
        queue.waiting()
    before = queue.waiting()
    with monkeypatch.context() as patched:
        patched.setattr(Store, "read", None)
        assert queue.waiting() is before
    moved = before[-1].id
    store.move(moved, 5)
    assert [run.id for run in queue.waiting()] == [moved, *(run.id for run in before[:-1])]


@pytest.mark.usefixtures("private_umask")
def test_in_a_shared_folder_the_workers_folder_is_shared(store: Store) -> None:
    store.root.chmod(0o2775)
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    registry.publish_state(lease, WorkerState())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in registry.root_of(store.root).rglob("*")}
    assert modes[KIND.slot(0)] == modes["claim"] == 0o2775
    assert modes["state.json"] == modes["lock"] == modes["owner.json"] == 0o664
    assert stat.S_IMODE(registry.root_of(store.root).stat().st_mode) == 0o2775
    lease.release()


def test_the_lease_of_a_run_is_no_slot(store: Store) -> None:
    request = make_request()
    store.request(request)
    lease = leases.take(store.folder(request.id))
    assert lease is not None
    assert list(registry.workers(store.root)) == []
    lease.release()
