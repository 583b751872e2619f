"""Who holds a folder, and whether it is alive: with real processes that are really killed."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.machine import opener
from mnist_lab.store import leases, owners
from mnist_lab.store.leases import Liveness
from tests.factories import unreadable
from tests.processes import BREAK_LOCKS, Helper, Holder, Locks, eventually, running

Hold = Callable[..., Holder]

RACE = (
    BREAK_LOCKS
    + """
import sys
from pathlib import Path
from mnist_lab.machine import opener
from mnist_lab.store import leases, owners
print("ready", flush=True)
lease = None
for line in sys.stdin:
    locks, how, folder = line.rstrip("\\n").split("\\t")
    if lease is not None:
        lease.abandon()
    set_locks(locks)
    owners.this_process.cache_clear()
    lease = leases.take(Path(folder), replace_dead=how == "replace dead")
    print("won" if lease else "lost", flush=True)
"""
)

MACHINE = owners.machine() or "0" * 32

LOCKS = pytest.mark.parametrize("locks", ["work", "missing", "meaningless"])


@pytest.fixture(autouse=True)
def machine_with_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some containers have none."""
    monkeypatch.setattr(owners, "machine", lambda: MACHINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def liveness_of(folder: Path) -> Liveness:
    found = leases.holder(folder)
    assert found is not None
    return found.liveness


def tamper(folder: Path, **changes: Any) -> None:
    """Change the owner file of a lease."""
    path = folder / "claim" / "owner.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_folder_without_lease_has_no_holder(folder: Path) -> None:
    assert leases.holder(folder) is None
    assert leases.holder(folder / "nowhere") is None


def test_a_lease_is_exclusive_until_it_is_released(folder: Path) -> None:
    lease = leases.take(folder)
    assert lease is not None
    assert lease.locked
    assert leases.take(folder) is None
    assert leases.take(folder, replace_dead=True) is None
    assert liveness_of(folder) is Liveness.ALIVE
    lease.release()
    assert leases.holder(folder) is None
    again = leases.take(folder)
    assert again is not None
    again.release(remove_lock=True)
    assert list(folder.iterdir()) == []


@LOCKS
def test_a_lease_names_its_holder(hold: Hold, folder: Path, locks: Locks) -> None:
    helper = hold(folder, locks)
    found = leases.holder(folder)
    assert found is not None
    assert found.owner is not None
    assert found.owner.pid == helper.pid
    assert found.owner.host == socket.gethostname()
    assert found.owner.locked is (locks == "work")
    assert found.liveness is Liveness.ALIVE
    assert leases.take(folder) is None


@LOCKS
def test_a_killed_owner_is_dead_at_once(hold: Hold, folder: Path, locks: Locks) -> None:
    helper = hold(folder, locks)
    helper.kill()
    assert liveness_of(folder) is Liveness.DEAD


@LOCKS
def test_a_killed_owner_that_is_a_zombie_is_dead_too(hold: Hold, folder: Path, locks: Locks) -> None:
    helper = hold(folder, locks)
    helper.kill(reap=False)
    assert Path(f"/proc/{helper.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    assert liveness_of(folder) is Liveness.DEAD


@LOCKS
def test_a_stopped_owner_is_silent_and_alive(hold: Hold, folder: Path, locks: Locks) -> None:
    helper = hold(folder, locks)
    os.kill(helper.pid, signal.SIGSTOP)
    os.utime(folder / "claim" / "heartbeat", (0, 0))
    assert liveness_of(folder) is Liveness.ALIVE
    os.kill(helper.pid, signal.SIGCONT)


def test_a_reused_pid_is_not_the_owner(hold: Hold, folder: Path) -> None:
    helper = hold(folder, "missing")
    tamper(folder, started="1")
    assert Path(f"/proc/{helper.pid}").exists()
    assert liveness_of(folder) is Liveness.DEAD


def heard_of_before_this_boot(folder: Path) -> None:
    os.utime(folder / "claim" / "heartbeat", (1000, 1000))


def test_an_owner_of_an_earlier_boot_is_dead_though_its_pid_is_reused(hold: Hold, folder: Path) -> None:
    hold(folder, "missing")
    tamper(folder, boot="another boot", machine=MACHINE)
    heard_of_before_this_boot(folder)
    assert liveness_of(folder) is Liveness.DEAD


@pytest.mark.parametrize(
    "changes",
    [{"machine": "f" * 32}, {"machine": ""}, {"host": "elsewhere"}],
    ids=["another-machine", "a-file-of-an-earlier-version", "another-name"],
)
def test_an_owner_of_another_boot_is_unknown_unless_it_was_this_machine_s(
    hold: Hold, folder: Path, changes: dict[str, Any]
) -> None:
    hold(folder).kill()
    tamper(folder, boot="another boot", **{"machine": MACHINE} | changes)
    heard_of_before_this_boot(folder)
    assert liveness_of(folder) is Liveness.UNKNOWN
    assert leases.take(folder, replace_dead=True) is None


def test_a_clone_of_this_machine_that_has_been_heard_of_since_this_boot_is_not_dead(hold: Hold, folder: Path) -> None:
    hold(folder).kill()
    tamper(folder, boot="another boot", machine=MACHINE)
    assert liveness_of(folder) is Liveness.UNKNOWN


@pytest.mark.parametrize("changes", [{}, {"machine": "f" * 32}, {"host": "elsewhere"}])
def test_a_held_lock_means_alive_whatever_boot_and_host_its_owner_names(
    hold: Hold, folder: Path, changes: dict[str, Any]
) -> None:
    hold(folder)
    tamper(folder, boot="another boot", **{"machine": MACHINE} | changes)
    heard_of_before_this_boot(folder)
    assert liveness_of(folder) is Liveness.ALIVE
    assert leases.take(folder, replace_dead=True) is None


@pytest.mark.parametrize("replaced", [False, True], ids=["removed", "replaced"])
def test_a_living_owner_whose_lock_file_is_gone_is_not_dead(hold: Hold, folder: Path, replaced: bool) -> None:
    helper = hold(folder)
    (folder / "lock").rename(folder / "aside")  # so that its inode is not used again
    if replaced:
        (folder / "lock").touch()
    assert liveness_of(folder) is Liveness.ALIVE
    assert leases.take(folder, replace_dead=True) is None
    tamper(folder, pid_space=1)
    assert liveness_of(folder) is Liveness.UNKNOWN
    tamper(folder, pid_space=Path("/proc/self/ns/pid").stat().st_ino)
    helper.kill()
    assert liveness_of(folder) is Liveness.DEAD


def test_a_damaged_lease_without_its_lock_file_proves_nothing(hold: Hold, folder: Path) -> None:
    hold(folder)
    (folder / "claim" / "owner.json").write_bytes(b"{")
    (folder / "lock").unlink()
    assert liveness_of(folder) is Liveness.UNKNOWN


def test_an_owner_that_the_system_hides_is_unknown(hold: Hold, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill(_pid: int, _signal: int) -> None:
        raise PermissionError

    hold(folder, "missing")
    monkeypatch.setattr(owners, "_start_of", lambda _pid: None)
    monkeypatch.setattr(os, "kill", kill)
    assert liveness_of(folder) is Liveness.UNKNOWN
    monkeypatch.undo()


@LOCKS
def test_an_owner_on_another_host_is_only_silent(hold: Hold, folder: Path, locks: Locks) -> None:
    helper = hold(folder, locks)
    helper.kill()
    tamper(folder, host="elsewhere", boot="its own")
    os.utime(folder / "claim" / "heartbeat", (1000, 1000))
    found = leases.holder(folder)
    assert found is not None
    assert found.liveness is Liveness.UNKNOWN
    assert found.last_heartbeat == 1000
    assert leases.seconds_silent(found) > 1e9
    assert leases.take(folder) is None
    assert leases.take(folder, replace_dead=True) is None


def test_without_locks_an_owner_in_another_container_cannot_be_judged(hold: Hold, folder: Path) -> None:
    helper = hold(folder, "missing")
    helper.kill()
    tamper(folder, pid_space=1)
    assert liveness_of(folder) is Liveness.UNKNOWN


def test_with_locks_an_owner_in_another_container_can(hold: Hold, folder: Path) -> None:
    helper = hold(folder)
    tamper(folder, pid_space=1, pid=1, host="container")
    assert liveness_of(folder) is Liveness.ALIVE
    helper.kill()
    assert liveness_of(folder) is Liveness.DEAD


@pytest.mark.parametrize("changes", [{"pid": 1}, {"started": "1"}, {"host": "elsewhere"}, {"pid": 2**40}])
def test_the_holder_of_the_lock_is_alive_whatever_its_owner_file_has(
    hold: Hold, folder: Path, changes: dict[str, Any]
) -> None:
    helper = hold(folder)
    tamper(folder, **changes)
    assert liveness_of(folder) is Liveness.ALIVE
    helper.kill()
    assert liveness_of(folder) is Liveness.DEAD


@pytest.mark.parametrize("content", [b"", b'{"pid": 1', b"null", b'{"pid": "\\u001b]52;"}', b"\xff" * 10])
def test_a_lease_whose_file_is_damaged_is_judged_by_the_lock(hold: Hold, folder: Path, content: bytes) -> None:
    helper = hold(folder)
    (folder / "claim" / "owner.json").write_bytes(content)
    found = leases.holder(folder)
    assert found is not None
    assert found.owner is None
    assert found.liveness is Liveness.UNKNOWN
    assert leases.take(folder, replace_dead=True) is None
    helper.kill()
    assert liveness_of(folder) is Liveness.DEAD
    taken = leases.take(folder, replace_dead=True)
    assert taken is not None
    taken.release()


@pytest.mark.parametrize("locks", ["work", "meaningless"])
def test_an_owner_whose_lease_cannot_be_read_just_now_is_not_dead(hold: Hold, folder: Path, locks: Locks) -> None:
    hold(folder, locks)
    for name in ("owner.json", "heartbeat"):
        with unreadable(folder / "claim" / name):
            assert liveness_of(folder) is Liveness.UNKNOWN


@pytest.mark.parametrize("name", ["owner.json", "heartbeat"])
def test_a_lease_with_a_file_missing_is_judged_by_the_lock(hold: Hold, folder: Path, name: str) -> None:
    helper = hold(folder)
    (folder / "claim" / name).unlink()
    assert liveness_of(folder) is Liveness.UNKNOWN
    helper.kill()
    assert liveness_of(folder) is Liveness.DEAD


def test_the_text_of_an_owner_file_is_cleaned(hold: Hold, folder: Path) -> None:
    hold(folder)
    tamper(folder, host="\x1b]52;c;x\x07host\u202e\x9b")
    found = leases.holder(folder)
    assert found is not None
    assert found.owner is not None
    assert found.owner.host == "host"


@LOCKS
def test_a_dead_lease_is_replaced_only_on_request(hold: Hold, folder: Path, locks: Locks) -> None:
    helper = hold(folder, locks)
    helper.kill()
    assert leases.take(folder) is None
    lease = leases.take(folder, replace_dead=True)
    assert lease is not None
    found = leases.holder(folder)
    assert found is not None
    assert found.owner is not None
    assert found.owner.pid == os.getpid()
    lease.release(remove_lock=True)
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def racers() -> Iterator[list[Helper]]:
    helpers = [Helper(RACE) for _ in range(3)]
    assert [helper.hear() for helper in helpers] == ["ready"] * 3
    yield helpers
    for helper in helpers:
        helper.close()


def race(racers: list[Helper], folder: Path, locks: Locks, how: str) -> list[str]:
    """Let processes race for a folder, and return what they say of it."""
    for racer in racers:
        racer.tell(f"{locks}\t{how}\t{folder}")
    return sorted(racer.hear() for racer in racers)


@LOCKS
def test_of_processes_that_race_for_a_folder_exactly_one_wins(
    racers: list[Helper], tmp_path: Path, locks: Locks
) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert race(racers, folder, locks, "plainly") == ["lost", "lost", "won"]
        assert liveness_of(folder) is Liveness.ALIVE


def test_of_processes_that_race_for_a_dead_lease_exactly_one_wins(
    hold: Hold, racers: list[Helper], tmp_path: Path
) -> None:
    for number in range(20):
        folder = tmp_path / str(number)
        folder.mkdir()
        hold(folder).kill()
        assert race(racers, folder, "work", "replace dead") == ["lost", "lost", "won"]
        assert liveness_of(folder) is Liveness.ALIVE


@pytest.mark.parametrize("broken", ["missing", "meaningless"])
def test_without_working_locks_leases_still_work(folder: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def flock(_handle: int, _how: int) -> None:
        if broken == "missing":
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", flock)
    lease = leases.take(folder)
    assert lease is not None
    assert not lease.locked
    assert leases.take(folder) is None
    assert liveness_of(folder) is Liveness.ALIVE
    lease.release(remove_lock=True)
    assert list(folder.iterdir()) == []


def test_testing_the_lock_does_not_keep_others_from_taking_the_lease(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "lock").write_bytes(b"")
    asking = os.open(folder / "lock", os.O_RDONLY)
    fcntl.flock(asking, fcntl.LOCK_SH)
    monkeypatch.setattr("time.sleep", lambda _seconds: os.close(asking))
    lease = leases.take(folder)
    assert lease is not None
    assert lease.locked
    lease.release()


def test_two_concurrent_tests_of_the_lock_do_not_see_each_other(hold: Hold, folder: Path) -> None:
    hold(folder).kill()
    with (folder / "lock").open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        assert liveness_of(folder) is Liveness.DEAD


def test_a_heartbeat_ends_the_silence(folder: Path) -> None:
    lease = leases.take(folder)
    assert lease is not None
    os.utime(folder / "claim" / "heartbeat", (1000, 1000))
    lease.beat()
    found = leases.holder(folder)
    assert found is not None
    assert leases.seconds_silent(found) < 600
    lease.release()
    lease.beat()  # late, and harmless


def test_an_abandoned_lease_stays_and_its_lock_does_not(folder: Path) -> None:
    lease = leases.take(folder)
    assert lease is not None
    lease.abandon()
    lease.abandon()
    assert liveness_of(folder) is Liveness.DEAD


def test_a_lease_that_was_given_up_is_taken_again_by_an_owner_that_goes_on_unless_another_has_it(folder: Path) -> None:
    lease = leases.take(folder)
    assert lease is not None
    given_up = leases.holder(folder)
    assert given_up is not None
    assert leases.revoke(folder, given_up.owner)
    assert leases.holder(folder) is None
    assert lease.keep()
    assert liveness_of(folder) is Liveness.ALIVE
    assert leases.revoke(folder, given_up.owner)
    (folder / "lock").unlink()  # as on a file system whose locks are not shared
    other = leases.take(folder)
    assert other is not None
    os.utime(folder / "claim" / "heartbeat", (1000, 1000))
    lease.beat()
    found = leases.holder(folder)
    assert found is not None
    assert (lease.lost, found.last_heartbeat) == (True, 1000)
    lease.release(remove_lock=True)
    assert leases.holder(folder) == found
    assert (folder / "lock").exists()
    other.release(remove_lock=True)
    assert list(folder.iterdir()) == []
    assert not lease.keep()


def test_a_lease_is_only_revoked_from_the_owner_that_is_meant(folder: Path) -> None:
    first = leases.take(folder)
    assert first is not None
    before = leases.holder(folder)
    assert before is not None
    first.release()
    second = leases.take(folder)
    assert second is not None
    assert not leases.revoke(folder, before.owner)
    assert second.keep()
    assert {path.name for path in folder.iterdir()} == {"lock", "claim"}
    second.release()
    assert not leases.revoke(folder, before.owner)


def test_a_lease_that_was_given_up_is_not_taken_again_on_what_has_ended(folder: Path) -> None:
    lease = leases.take(folder, ended=lambda: True)
    assert lease is not None
    assert lease.keep()
    given_up = leases.holder(folder)
    assert given_up is not None
    assert leases.revoke(folder, given_up.owner)
    assert not lease.keep()
    assert leases.holder(folder) is None


def test_a_lease_is_not_taken_again_where_the_run_was_removed(folder: Path) -> None:
    lease = leases.take(folder)
    assert lease is not None
    folder.rename(folder.with_name("gone"))
    assert not lease.keep()
    assert not folder.exists()
    lease.release()


def test_a_child_that_outlives_its_worker_does_not_keep_it_alive(folder: Path) -> None:
    script = """
import subprocess, sys
from pathlib import Path
from mnist_lab.store import leases
assert leases.take(Path(sys.argv[1])) is not None
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=sys.stdin, stdout=subprocess.DEVNULL)
print(child.pid, flush=True)
sys.stdin.read()
"""  # noqa: E501
    with running(script, folder) as worker:
        child = int(worker.hear())
        worker.kill()
        assert Path(f"/proc/{child}").exists()
        assert liveness_of(folder) is Liveness.DEAD
    assert eventually(lambda: not Path(f"/proc/{child}").exists())


@pytest.mark.usefixtures("private_umask")
def test_a_lease_in_a_shared_folder_is_shared(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    folder.chmod(0o2775)
    lease = leases.take(folder)
    assert lease is not None
    modes = {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    assert modes == {"lock": 0o664, "claim": 0o2775, "claim/owner.json": 0o664, "claim/heartbeat": 0o664}
    lease.release()


def test_a_moment_without_file_descriptors_is_no_lease(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = opener.status

    def busy(path: Path) -> os.stat_result:
        if path.name == "heartbeat":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), str(path))
        return status(path)

    monkeypatch.setattr(opener, "status", busy)
    assert leases.holder(folder) is None
