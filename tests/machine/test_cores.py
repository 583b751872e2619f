"""Processors are held by one process at a time, and released when it ends."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from mnist_lab.machine import cores
from tests.processes import running

HOLDER = """
from mnist_lab.machine import cores
held = cores.lease(1)
print(*held.cores if held else "", flush=True)
input()
"""

LOOKER = """
import fcntl, os, sys, threading, time
handles = [os.open(path, os.O_RDONLY) for path in sys.argv[1:]]
threading.Thread(target=input, daemon=True).start()
print("looking", flush=True)
while threading.active_count() > 1:
    for handle in handles:
        fcntl.flock(handle, fcntl.LOCK_SH)
    time.sleep(0.005)
    for handle in handles:
        fcntl.flock(handle, fcntl.LOCK_UN)
    time.sleep(0.005)
"""
"""Holds the locks that it takes to look for longer than the lab does."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def test_what_is_leased_is_not_free_until_it_is_released() -> None:
    every = cores.free()
    assert every == cores.usable() == len(os.sched_getaffinity(0))
    lease = cores.lease(1)
    assert lease is not None
    assert len(lease.cores) == 1
    assert cores.free() == every - 1
    assert cores.lease(every) is None
    assert cores.free() == every - 1  # nothing of what could not be had whole is kept
    lease.release()
    assert cores.free() == every


def test_two_processes_never_hold_the_same_and_ended_ones_hold_none() -> None:
    with running(HOLDER) as other:
        theirs = int(other.hear())
        ours = cores.lease(cores.usable() - 1)
        assert ours is not None
        assert theirs not in ours.cores
        assert cores.lease(1) is None
        ours.release()
        os.kill(other.pid, 9)
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        assert cores.free() == cores.usable()


def test_where_no_lock_can_be_made_there_is_none_to_lease(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    assert cores.lease(1) is None


def test_processors_are_leased_while_others_look_whether_they_are_free(tmp_path: Path) -> None:
    first = cores.lease(cores.usable())
    assert first is not None
    first.release()
    with running(LOOKER, *(tmp_path / "mnist-lab-processors").iterdir()) as other:
        assert other.hear() == "looking"
        for _ in range(100):
            lease = cores.lease(cores.usable())
            assert lease is not None
            lease.release()


def test_the_same_processors_are_leased_again_where_they_are_free() -> None:
    last = max(os.sched_getaffinity(0))
    lease = cores.lease(1, [last])
    assert lease is not None
    assert lease.cores == {last}
    lease.release()


def test_every_thread_of_a_process_is_pinned() -> None:
    everywhere = os.sched_getaffinity(0)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert thread.native_id is not None
    try:
        cores.pin([min(everywhere)])
        assert os.sched_getaffinity(thread.native_id) == os.sched_getaffinity(0) == {min(everywhere)}
        cores.pin(everywhere)
        assert os.sched_getaffinity(thread.native_id) == everywhere
    finally:
        cores.pin(everywhere)
        done.set()
        thread.join()
