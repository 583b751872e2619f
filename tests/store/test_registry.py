"""Which workers serve a folder: leases of slots, and the state that each publishes."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_lab.store import Store, folder_sweep, leases, owners, registry, run_queue, worker_process
from mnist_lab.store.registry import WorkerSpec, WorkerState
from tests.factories import elsewhere, make_record, make_request, put, unreadable
from tests.processes import Holder, Locks, output_of, running
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


def test_a_worker_on_another_host_is_reported_silent_and_takes_no_slot_of_this_one(hold: Hold, store: Store) -> None:
    name = KIND.slot(0).replace(owners.host_id(), "0123abcd")
    folder = registry.root_of(store.root) / name
    folder.mkdir(parents=True)
    hold(folder).kill()
    elsewhere(folder)
    [worker] = registry.workers(store.root)
    assert worker.silent_for is not None
    assert registry.serving(store.root) == []
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    assert [worker.owner.pid for worker in registry.serving(store.root)] == [os.getpid()]
    assert folder.exists()
    lease.release()


@pytest.mark.parametrize("locks", ["work", "missing"])
def test_a_clone_of_this_host_that_serves_takes_no_slot_of_it_either(hold: Hold, store: Store, locks: Locks) -> None:
    """It has the same name and machine id; where locks are shared, it is known to be alive."""
    folder = slot_of(store)
    hold(folder, locks)
    owner = folder / "claim" / "owner.json"
    owner.write_text(json.dumps(json.loads(owner.read_text()) | {"boot": "of the clone"}))
    [worker] = registry.workers(store.root)
    assert worker.silent_for is not None
    assert registry.serving(store.root) == []
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    assert lease.folder.name == KIND.slot(1)
    lease.release()


def test_the_slots_of_hosts_that_are_gone_for_a_day_are_forgotten(hold: Hold, store: Store) -> None:
    names = [KIND.slot(number).replace(owners.host_id(), "0123abcd") for number in range(2)]
    for name, hours in zip(names, (23, 25), strict=True):
        folder = registry.root_of(store.root) / name
        folder.mkdir(parents=True)
        hold(folder).kill()
        elsewhere(folder, silent=hours * 3600)
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    assert {path.name for path in registry.root_of(store.root).iterdir()} == {names[0], KIND.slot(0)}
    lease.release()


def test_a_worker_of_an_earlier_version_keeps_its_slot_on_its_own_host_alone(hold: Hold, store: Store) -> None:
    folder = registry.root_of(store.root) / "tensorflow-1-0"
    folder.mkdir(parents=True)
    helper = hold(folder)
    owner = folder / "claim" / "owner.json"
    written = json.loads(owner.read_text())
    old = {name: written[name] for name in ("pid", "started", "boot", "pid_space", "host", "locked")}
    owner.write_text(json.dumps(old))
    [worker] = registry.workers(store.root)
    assert (worker.kind, worker.owner.pid, worker.is_ours) == (KIND, helper.pid, True)
    assert registry.take_slot(store.root, KIND, slots=1) is None
    assert str(helper.pid) in registry.no_slot(store.root, KIND)
    helper.kill()
    owner.write_text(json.dumps(old | {"host": "elsewhere", "boot": "another"}))
    lease = registry.take_slot(store.root, KIND, slots=1)
    assert lease is not None
    lease.release()


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
    queue = run_queue.Queue(store)
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
    known, new = run_queue.Queue(store), run_queue.Queue(Store(store.root))
    assert [run.id for run in known.waiting()] == [request.id]
    with unreadable(store.folder(request.id) / "request.json"):
        assert (new.live(), new.waiting()) == ([], [])
    assert [run.id for run in new.waiting()] == [request.id]
    record.symlink_to(record.name)  # whether it has a record cannot be determined
    latest = run_queue.Queue(store)
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
    queue = run_queue.Queue(store)
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


# Other users

AS_ANOTHER_USER = """
import os, sys
import psutil  # what the other user may not read is imported before
from pathlib import Path
from mnist_lab.store import leases, registry, run_queue
runs, what = Path(sys.argv[1]), sys.argv[2]
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
if what == "hold":  # as a process that is no worker
    slot = registry.root_of(runs) / registry.WorkerSpec("tensorflow", 1).slot(0)
    os.umask(0)
    slot.mkdir(parents=True)
    assert leases.take(slot) is not None
    print("held", flush=True)
    sys.stdin.read()
else:
    lease = registry.take_slot(runs, registry.WorkerSpec("tensorflow", 1), slots=1)
    print(lease and lease.folder.name)
"""

another_user = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def open_store(shared_folder: Path) -> Store:
    """A runs folder in which everybody may write, and nobody remove what is another's."""
    root = shared_folder / "runs"
    root.mkdir()
    root.chmod(0o1777)
    return Store(root)


WORKER = """
import sys
from pathlib import Path
from mnist_lab.store import registry, run_queue
lease = registry.take_slot(Path(sys.argv[-1]), registry.WorkerSpec("tensorflow", 1), slots=1)
print(lease and lease.folder.name, flush=True)
sys.stdin.read()
"""
"""By its command line it is a worker."""


@another_user
def test_in_a_sticky_folder_a_crashed_worker_does_not_keep_another_user_s_from_starting(open_store: Store) -> None:
    with running(WORKER, "-m", "mnist_lab", "worker", "--runs", open_store.root) as worker:
        assert worker.hear() == KIND.slot(0)
        assert output_of(AS_ANOTHER_USER, open_store.root, "take") == "None\n", "while it lives it serves"
        worker.kill()
        assert output_of(AS_ANOTHER_USER, open_store.root, "take") == f"{KIND.slot(1)}\n"


@another_user
def test_a_slot_that_another_user_made_up_keeps_no_worker_away(open_store: Store) -> None:
    registry.root_of(open_store.root).mkdir()
    registry.root_of(open_store.root).chmod(0o1777)
    with running(AS_ANOTHER_USER, open_store.root, "hold") as fake:
        assert fake.hear() == "held"
        assert leases.holder(registry.root_of(open_store.root) / KIND.slot(0)) is not None
        assert list(registry.workers(open_store.root)) == []
        lease = registry.take_slot(open_store.root, KIND, slots=1)
        assert lease is not None
        assert lease.folder.name == KIND.slot(1)
        assert registry.take_slot(open_store.root, KIND, slots=1) is None
        lease.release()


@another_user
def test_a_slot_that_names_somebody_else_s_process_keeps_no_worker_away(hold: Hold, open_store: Store) -> None:
    folder = slot_of(open_store)
    hold(folder, "missing")
    os.chown(folder / "claim" / "owner.json", 65534, 65534)  # written by another, who names our process
    assert list(registry.workers(open_store.root)) == []
    lease = registry.take_slot(open_store.root, KIND, slots=1)
    assert lease is not None
    lease.release()


@pytest.mark.parametrize(
    ("command", "environment", "expected"),
    [
        (["python", "-m", "mnist_lab", "worker", "--runs", "/srv/runs", "--idle", "600"], {}, "/srv/runs"),
        (["python", "-P", "-m", "mnist_lab", "worker", "--runs=/srv/runs"], {}, "/srv/runs"),
        (["python", "/usr/bin/mnist-lab", "worker", "--idle", "5"], {}, "/home/me/saved_runs"),
        (["python", "/usr/bin/mnist-lab", "worker"], {"MNIST_LAB_RUNS": "lab"}, "/home/me/lab"),
        (["python", "-m", "mnist_lab", "run", "--note", "worker"], {}, None),
        (["vi", "worker", "--runs", "/srv/runs"], {}, None),
        (["python", "-m", "mnist_lab"], {}, None),
        ([], {}, None),
    ],
)
def test_the_folder_that_a_worker_serves_is_read_off_its_command_line(
    command: list[str], environment: dict[str, str], expected: str | None
) -> None:
    served = worker_process.folder_served(command, environment, Path("/home/me"))
    assert served == (expected and Path(expected))


@another_user
def test_a_worker_of_another_user_is_not_killed(open_store: Store) -> None:
    registry.root_of(open_store.root).mkdir()
    registry.root_of(open_store.root).chmod(0o1777)
    command = ("-m", "mnist_lab", "worker", "--runs", open_store.root)
    with running(AS_ANOTHER_USER, open_store.root, "hold", *command) as theirs:
        assert theirs.hear() == "held"
        [worker] = registry.workers(open_store.root)
        assert worker.owner.pid == theirs.pid
        assert not worker.is_ours
        assert not worker_process.kill(worker.owner, open_store.root)
        assert leases.holder(worker.folder) is not None
        assert [worker.owner.pid for worker in registry.serving(open_store.root)] == [theirs.pid]
