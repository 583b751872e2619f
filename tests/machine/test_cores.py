"""Processors are held by one process at a time, and released when it ends."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import pytest

from mnist_lab.machine import cores, opener
from tests.processes import DROP_PRIVILEGES, output_of, running
from tests.tools import program

NEW_USER = () if os.geteuid() == 0 else ("--user", "--map-root-user")

IMPORT = "from mnist_lab.machine import cores\n"
COMMON = tempfile.gettempdir()

HOLD = """
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
    with running(IMPORT + HOLD) as other:
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


def test_what_somebody_put_in_place_of_the_leases_neither_blocks_nor_is_followed(tmp_path: Path) -> None:
    folder = tmp_path / "mnist-lab-processors"
    folder.mkdir()
    folder.chmod(0o1777)
    mine = tmp_path / "mine"
    mine.touch(0o600)
    first, *others = os.sched_getaffinity(0)
    os.mkfifo(folder / str(first))
    for core in others:
        (folder / str(core)).symlink_to(mine)
    script = "from mnist_lab.machine import cores; print(cores.free(), cores.lease(cores.usable()))"
    assert output_of(script) == f"{cores.usable()} None\n"
    assert mine.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kind", ["file", "link", "folder of others", "unusual folder"])
def test_where_the_common_folder_is_no_such_folder_this_user_has_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    folder = tmp_path / "mnist-lab-processors"
    if kind == "file":
        folder.touch()
    elif kind == "link":
        (tmp_path / "mine").mkdir(0o700)
        folder.symlink_to(tmp_path / "mine")
    else:
        folder.mkdir(0o755 if kind == "folder of others" else 0o770)
        status = opener.status
        theirs = folder.stat().st_ino

        def of_another(path: Path) -> os.stat_result:
            found = status(path)
            return os.stat_result((*found[:4], 12345, *found[5:])) if found.st_ino == theirs else found

        monkeypatch.setattr(opener, "status", of_another)
    lease = cores.lease(1)
    assert lease is not None
    own = tmp_path / f"mnist-lab-processors-{os.geteuid()}"
    assert [int(path.name) for path in own.iterdir()] == sorted(os.sched_getaffinity(0))
    assert own.stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "mine").exists() or not list((tmp_path / "mine").iterdir())
    lease.release()


@pytest.mark.usefixtures("private_umask")
def test_every_user_of_the_machine_may_lease(tmp_path: Path) -> None:
    lease = cores.lease(1)
    assert lease is not None
    folder = tmp_path / "mnist-lab-processors"
    assert folder.stat().st_mode & 0o7777 == 0o1777
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}
    lease.release()


PINNED = """
import os
from mnist_lab.machine import cores
before = os.sched_getaffinity(0)
held = cores.lease(1)
cores.pin(held.cores)
print(cores.in_container(), os.sched_getaffinity(0) == before, os.sched_getaffinity(0) == held.cores)
"""


@pytest.mark.needs("unshare")
def test_in_a_container_a_process_is_not_kept_to_processors_that_another_container_may_lease_too() -> None:
    several = len(cores.affinity()) > 1
    for namespaces in (("--pid", "--fork"), ("--cgroup",)):
        output = output_of(PINNED, under=(str(program("unshare")), *NEW_USER, *namespaces))
        assert output.split()[:2] == ["True", "True"]
    if not cores.in_container():
        assert output_of(PINNED).split() == ["False", str(not several), "True"]


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


@pytest.mark.usefixtures("private_umask")
def test_what_another_user_leases_is_not_free(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(dir=COMMON) as common:
        Path(common).chmod(0o1777)
        monkeypatch.setattr("tempfile.tempdir", common)
        monkeypatch.setenv("TMPDIR", common)
        every = cores.free()
        with running(IMPORT + DROP_PRIVILEGES + HOLD) as other:
            theirs = int(other.hear())
            assert cores.free() == every - 1
            ours = cores.lease(every - 1)
            assert ours is not None
            assert theirs not in ours.cores
            ours.release()
