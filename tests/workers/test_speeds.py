"""Measured speeds are kept in the user's cache, for the machine that they were measured on."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_lab.machine import hardware
from mnist_lab.workers.speeds import Speeds


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("MNIST_LAB_CACHE", str(folder))
    return folder


def test_what_was_saved_is_loaded() -> None:
    assert Speeds.load() is None
    speeds = Speeds(machine=hardware.name(), seconds={"dense": {1: 0.2, 16: 0.5}})
    speeds.save()
    assert Speeds.load() == speeds


def test_the_speeds_of_another_machine_are_none() -> None:
    Speeds(machine="another", seconds={"dense": {1: 9.0}}).save()
    assert Speeds.load() is None


def test_a_damaged_file_is_none(cache: Path) -> None:
    cache.mkdir()
    (cache / "speeds.json").write_bytes(b'{"machine":')
    assert Speeds.load() is None


def test_a_cache_that_cannot_be_written_stops_nothing(cache: Path) -> None:
    cache.write_text("a file")
    Speeds(machine=hardware.name(), seconds={}).save()
    assert Speeds.load() is None
