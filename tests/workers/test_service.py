"""A worker goes on with its queue, whatever is wrong with one run, one moment or one backend."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.parts import stub_worker
from mnist_lab.errors import EngineError, StoreError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import Request
from mnist_lab.machine import hardware
from mnist_lab.store import Store, files, leases
from mnist_lab.store.folder_sweep import FolderSweep
from mnist_lab.store.registry import WorkerSpec
from mnist_lab.workers import execution, retrying, service, taking
from mnist_lab.workers.control import ControlFlags
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.run_writer import RunWriter
from tests.factories import make_request
from tests.processes import Holder, running
from tests.store.test_obstacles import obstruct

Hold = Callable[..., Holder]
KIND = WorkerSpec("tensorflow", 0)
TINY = DEFAULT.derive(epochs=1)

HOLDS_THE_LOCK = """
import fcntl, sys
handle = open(sys.argv[1], "w")
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Trainings that compute nothing, and the signals as they were."""
    monkeypatch.setattr(execution, "train", stub_worker.train)
    monkeypatch.setattr(retrying, "_DELAYS", (0.0,) * 8)
    numbers = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def asked(store: Store, count: int = 1, **fields: Any) -> list[Request]:
    """Tiny runs that wait."""
    known = {"experiment": TINY, "keep": "record", "threads": KIND.threads} | fields
    requests = [make_request(**known) for _ in range(count)]
    for request in requests:
        store.request(request)
    return requests


def serve(store: Store, kind: WorkerSpec = KIND) -> list[str]:
    """Serve until there is nothing to do. Returns what was said."""
    said: list[str] = []
    service.serve(store, kind, Placement(workers=1), idle_seconds=0, narrate=said.append)
    return said


def statuses(store: Store) -> list[str]:
    return [run.status for run in store.runs()]


@pytest.mark.parametrize("obstacle", ["lock", "journal.jsonl"])
def test_a_run_that_cannot_be_started_is_skipped_and_said_once_and_taken_once_it_can(
    store: Store, obstacle: str
) -> None:
    first, *_ = asked(store, 3)
    obstruct(store.folder(first.id), obstacle)
    said = serve(store)
    assert statuses(store) == ["queued", "finished", "finished"]
    [line] = [line for line in said if first.id in line]
    assert f"{first.id} is skipped." in line
    assert obstacle in line
    path = store.folder(first.id) / obstacle
    path.rmdir() if path.is_dir() else path.unlink()
    serve(store)
    assert statuses(store) == ["finished"] * 3


def test_a_run_whose_lock_another_process_holds_without_a_lease_is_skipped(store: Store) -> None:
    first, _ = asked(store, 2)
    with running(HOLDS_THE_LOCK, store.folder(first.id) / "lock") as other:
        assert other.hear() == "held"
        said = serve(store)
        assert statuses(store) == ["queued", "finished"]
        assert sum(first.id in line for line in said) == 1
    serve(store)
    assert statuses(store) == ["finished", "finished"]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), RuntimeError("a bug")])
def test_an_error_with_one_run_stops_no_other(store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    first, *_ = asked(store, 3)
    real = leases.take

    def take(folder: Path, **how: Any) -> leases.Lease | None:
        if folder.name == first.id:
            raise error
        return real(folder, **how)

    monkeypatch.setattr(leases, "take", take)
    said = serve(store)
    assert statuses(store) == ["queued", "finished", "finished"]
    assert sum(first.id in line for line in said) == 1


def test_a_run_that_is_removed_between_look_and_lease_is_gone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = asked(store, 2)
    real = leases.take

    def take(folder: Path, **how: Any) -> leases.Lease | None:
        if folder.name == first.id:
            files.discard(folder)
        return real(folder, **how)

    monkeypatch.setattr(leases, "take", take)
    said = serve(store)
    assert statuses(store) == ["finished"]
    assert not any(first.id in line for line in said)


def test_a_run_that_is_paused_between_look_and_lease_keeps_waiting(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = asked(store, 2)
    real = leases.take

    def take(folder: Path, **how: Any) -> leases.Lease | None:
        if folder.name == first.id:
            store.set_flag(first.id, "pause")
        return real(folder, **how)

    monkeypatch.setattr(leases, "take", take)
    serve(store)
    assert statuses(store) == ["paused", "finished"]
    assert leases.holder(store.folder(first.id)) is None


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE])
def test_a_folder_that_cannot_be_read_for_a_while_is_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    asked(store)
    real, failures = FolderSweep.changed, 3

    def changed(sweep: FolderSweep) -> list[str]:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise OSError(number, os.strerror(number))
        return real(sweep)

    monkeypatch.setattr(FolderSweep, "changed", changed)
    said = serve(store)
    assert statuses(store) == ["finished"]
    assert sum("Trying again." in line for line in said) == 1
    failures = 1000
    with pytest.raises(StoreError, match="could not be written"):
        serve(store)


def test_a_record_that_cannot_be_written_at_once_is_written_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(store)
    real, failures = files.publish, 3

    def publish(path: Path, content: bytes) -> None:
        nonlocal failures
        if path.name == "run.json":
            failures -= 1
            if failures >= 0:
                raise OSError(errno.ESTALE, "Stale file handle")
        real(path, content)

    monkeypatch.setattr(files, "publish", publish)
    serve(store)
    assert statuses(store) == ["finished"]


def test_a_backend_that_cannot_be_loaded_leaves_the_queue_as_it_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = asked(store, 5)
    monkeypatch.undo()

    def engine(_cache: EngineCache) -> None:
        raise EngineError("TensorFlow cannot be used here; install mnist-lab again.")

    monkeypatch.setattr(EngineCache, "engine", engine)
    with pytest.raises(EngineError, match="install mnist-lab again"):
        serve(store)
    assert statuses(store) == ["queued"] * 5
    assert not any(run.reason for run in store.runs())
    for request in requests:
        assert {path.name for path in store.folder(request.id).iterdir()} <= {"request.json", "lock"}
    monkeypatch.undo()
    monkeypatch.setattr(execution, "train", stub_worker.train)
    serve(store)
    assert statuses(store) == ["finished"] * 5


def test_without_jax_its_worker_says_so_and_leaves_the_queue_as_it_is(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(store, 3, backend="jax")
    monkeypatch.undo()
    monkeypatch.setattr("importlib.metadata.version", missing)
    monkeypatch.setattr("mnist_lab.training.loading.load_engine", no_engine)
    with pytest.raises(EngineError, match="extra `jax`"):
        serve(store, WorkerSpec("jax", 0))
    assert statuses(store) == ["queued"] * 3


def missing(name: str) -> str:
    from importlib.metadata import PackageNotFoundError

    raise PackageNotFoundError(name)


def no_engine(*_: object) -> None:
    raise EngineError("JAX cannot be used here; install mnist-lab with its extra `jax`.")


def test_a_disk_that_fills_up_fails_the_run_in_hand_and_no_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(store, 3, keep="all")
    real = files.publish

    def publish(path: Path, content: bytes) -> None:
        if path.name == "weights.npz":
            raise OSError(errno.ENOSPC, "No space left on device")
        real(path, content)

    monkeypatch.setattr(files, "publish", publish)
    with pytest.raises(StoreError, match="the disk is full; free some space"):
        serve(store)
    assert statuses(store) == ["failed", "queued", "queued"]


def test_an_idle_worker_leaves_when_others_need_the_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "memory", lambda: hardware.Memory(16 * 10**9, 10**9))
    asked(store)
    said: list[str] = []
    since = time.monotonic()
    assert service.serve(store, KIND, Placement(workers=1), idle_seconds=600, narrate=said.append)
    assert time.monotonic() - since < 300
    assert statuses(store) == ["finished"]
    assert "others need the memory" in said[-1]


def test_every_lane_gets_heartbeats(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = asked(store, 3, backend="jax")
    long_ago = 1_700_000_000
    beats: dict[str, float] = {}

    def train_together(writers: list[RunWriter], _cache: EngineCache, flags: ControlFlags) -> Iterator[Any]:
        marks = [store.folder(request.id) / "claim" / "heartbeat" for request in requests]
        for mark in marks:
            os.utime(mark, (long_ago, long_ago))
        assert not flags.stop(0)
        beats.update({mark.parent.parent.name: mark.stat().st_mtime for mark in marks})
        for writer in writers:
            yield writer.fail(EngineError("over"))

    monkeypatch.setattr(taking.RunTaker, "_alike", lambda _taker, runs: list(runs))
    monkeypatch.setattr(taking, "execute_together", train_together)
    serve(store, WorkerSpec("jax", 0))
    assert len(beats) == 3
    assert min(beats.values()) > long_ago


def test_flags_of_many_lanes_are_read_only_where_a_folder_has_changed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_ids = [request.id for request in asked(store, 100)]
    flags = ControlFlags(store, run_ids)
    monkeypatch.setattr("mnist_lab.workers.control._READ_SECONDS", 0)
    assert not any(flags.stop(run) or flags.pause(run) for run in range(100))
    store.set_flag(run_ids[70], "stop")
    store.set_flag(run_ids[71], "pause")
    for _ in range(3):  # two looks are enough for a hundred
        flags.stop(0)
    assert [run for run in range(100) if flags.stop(run)] == [70]
    assert [run for run in range(100) if flags.pause(run)] == [71]
    store.clear_flag(run_ids[71], "pause")
    for _ in range(3):
        flags.stop(0)
    assert not flags.pause(71)


def test_a_run_that_was_put_first_makes_workers_of_another_number_of_threads_leave(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(store, 3, threads=1)
    [other] = asked(store, 1, threads=2)
    one = WorkerSpec("tensorflow", 1)
    monkeypatch.setattr(service, "room_for", lambda kind: 0)
    store.move(other.id, 5)
    said = serve(store, one)
    assert statuses(store) == ["queued"] * 4
    assert said[-1] == "What was put first needs the room."
    monkeypatch.setattr(service, "room_for", lambda kind: 1)
    serve(store, one)  # a worker for it is started beside this one
    assert statuses(store) == ["finished"] * 3 + ["queued"]
