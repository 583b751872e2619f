"""How many at a time and with how many threads: as chosen, as measured, else as guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.machine import cores, hardware
from mnist_lab.workers import placement
from mnist_lab.workers.placement import Speeds

DENSE, CONV = DEFAULT, DEFAULT.derive(network="conv")


@pytest.fixture(autouse=True)
def sixteen_cores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that no test runs on."""
    monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path))
    monkeypatch.delenv("MNIST_LAB_WORKERS", raising=False)
    monkeypatch.delenv("MNIST_LAB_THREADS", raising=False)
    monkeypatch.setattr(cores, "usable", lambda: 16)
    monkeypatch.setattr(hardware, "memory", lambda: hardware.Memory(64 * 10**9, 64 * 10**9))


def test_many_runs_get_a_thread_each_and_a_lone_one_gets_them_all() -> None:
    assert placement.threads_for([DENSE] * 16) == [1] * 16
    assert placement.threads_for([CONV] * 64) == [1] * 64
    assert placement.threads_for([CONV]) == [16]
    assert placement.threads_for([CONV] * 4) == [4] * 4


def test_a_little_sooner_is_not_worth_another_kind_of_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "usable", lambda: 2)
    assert placement.threads_for([DENSE]) == [1]
    assert placement.threads_for([CONV]) == [2]


def test_a_short_run_takes_the_workers_that_are_warm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "usable", lambda: 2)
    placement.remember(Speeds(machine=hardware.name(), seconds={"dense": {1: 0.5, 2: 0.25}, "conv": {1: 20, 2: 11}}))
    assert placement.threads_for([DENSE.derive(epochs=50)]) == [2]
    assert placement.threads_for([DENSE], warm={1}) == [1]
    assert placement.threads_for([DENSE], warm={2}) == [2]
    assert placement.threads_for([CONV], warm={1}) == [2]


def test_what_waits_already_counts() -> None:
    assert placement.threads_for([CONV], live=15) == [1]


def test_what_was_measured_counts_more_than_what_was_guessed() -> None:
    placement.remember(Speeds(machine=hardware.name(), seconds={"dense": {1: 0.2, 16: 0.5}}))
    assert placement.threads_for([DENSE]) == [1]
    placement.remember(Speeds(machine="another", seconds={"dense": {1: 9.0, 16: 0.1}}))
    assert placement.remembered() is None


def test_a_damaged_memory_is_none(tmp_path: Path) -> None:
    (tmp_path / "speeds.json").write_bytes(b'{"machine":')
    assert placement.remembered() is None


def test_there_is_room_for_as_many_as_processors_and_memory_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [placement.places(threads) for threads in (1, 4, 16, placement.ALL_THREADS)] == [16, 4, 1, 1]
    monkeypatch.setattr(hardware, "memory", lambda: hardware.Memory(4 * 10**9, 4 * 10**9))
    assert placement.places(1) == 3
    monkeypatch.setattr(hardware, "memory", lambda: hardware.Memory(10**9, 10**9))
    assert placement.places(1) == 1


def test_a_person_s_choice_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_THREADS", "3")
    monkeypatch.setenv("MNIST_LAB_WORKERS", "5")
    assert placement.threads_for([DENSE, CONV]) == [3, 3]
    assert placement.places(1) == 5
    monkeypatch.setenv("MNIST_LAB_THREADS", "many")
    with pytest.raises(UsageError, match="MNIST_LAB_THREADS takes a whole number"):
        placement.threads_for([DENSE])


def test_on_a_gpu_the_backend_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "has_gpu", lambda: True)
    assert placement.threads_for([DENSE, CONV]) == [placement.ALL_THREADS] * 2
