"""Which of many folders have to be read again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from mnist_lab.store import folder_sweep
from mnist_lab.store.folder_sweep import FolderSweep

HOUR = 3600.0


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead

    def time_ns(self) -> int:
        return time.time_ns() + int(self.ahead * 1e9)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(folder_sweep, "time", found)
    return found


def folders(root: Path, count: int) -> list[str]:
    names = [f"{number:05}" for number in range(count)]
    for name in names:
        (root / name).mkdir()
    return names


def settled(root: Path, count: int, clock: Clock) -> FolderSweep:
    """The sweep of some folders that have not changed for long."""
    sweep = FolderSweep(root)
    for name in folders(root, count):
        sweep.add(name)
    clock.ahead += HOUR
    assert len(sweep.changed()) == count
    clock.ahead += 0.001
    assert sweep.changed() == []
    return sweep


@pytest.mark.parametrize("change", ["made", "removed", "replaced", "mode", "gone"])
def test_a_change_to_one_of_a_few_is_seen_at_the_next_look(tmp_path: Path, clock: Clock, change: str) -> None:
    sweep = settled(tmp_path, 20, clock)
    folder = tmp_path / "00007"
    match change:
        case "made":
            (folder / "new").touch()
        case "removed":
            (folder / "new").touch()
            (folder / "new").unlink()
        case "replaced":
            (tmp_path / "other").touch()
            (tmp_path / "other").replace(folder / "other")
        case "mode":
            folder.chmod(0o700)
        case "gone":
            folder.rmdir()
    assert sweep.changed() == ["00007"]


def test_of_many_some_are_looked_at_in_each_call_and_all_in_turn(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = settled(tmp_path, 1000, clock)
    looks = 0
    real = os.stat

    def counted(path: str, *, follow_symlinks: bool) -> os.stat_result:
        nonlocal looks
        looks += 1
        return real(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(folder_sweep.os, "stat", counted)
    assert sweep.changed() == []
    assert looks < 100
    for name in ("00003", "00500", "00999"):
        (tmp_path / name / "new").touch()
    found: set[str] = set()
    for _ in range(1000 // 64 + 1):
        found.update(sweep.changed())
    assert found == {"00003", "00500", "00999"}


def test_what_has_changed_just_now_is_reported_again_until_the_clock_has_gone_on(tmp_path: Path, clock: Clock) -> None:
    [name] = folders(tmp_path, 1)
    sweep = FolderSweep(tmp_path)
    sweep.add(name)
    reported = []
    for _ in range(400):
        reported.append(bool(sweep.changed()))
        clock.ahead += 0.01
    assert reported[0]
    assert reported[1], "another change may have the same modification time"
    assert sum(reported) < 8
    assert any(reported[150:]), "once more, for file systems whose clock is coarse"
    assert not any(reported[300:])


def test_one_that_was_read_a_moment_ago_is_not_reported_unless_it_has_just_changed(
    tmp_path: Path, clock: Clock
) -> None:
    old, new = folders(tmp_path, 2)
    clock.ahead += HOUR
    os.utime(tmp_path / new, (time.time() + HOUR, time.time() + HOUR))
    sweep = FolderSweep(tmp_path)
    for name in (old, new):
        sweep.add(name, known=True)
    assert sweep.changed() == [new]


def test_all_are_reported_now_and_then_whatever_their_times_say(tmp_path: Path, clock: Clock) -> None:
    sweep = settled(tmp_path, 5, clock)
    found: set[str] = set()
    for _ in range(6):
        clock.ahead += 11
        found.update(sweep.changed())
    assert len(found) == 5


def test_one_that_is_dropped_is_looked_at_no_longer(tmp_path: Path, clock: Clock) -> None:
    sweep = settled(tmp_path, 2, clock)
    assert "00001" in sweep
    sweep.discard("00001")
    sweep.discard("00001")
    assert ("00001" in sweep, len(sweep)) == (False, 1)
    (tmp_path / "00001" / "new").touch()
    assert sweep.changed() == []
