"""How many at a time and with how many threads: as chosen, as measured, else as guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.machine import cores, hardware
from mnist_lab.workers.placement import ALL_THREADS, Placement
from mnist_lab.workers.speeds import Speeds

DENSE, CONV = DEFAULT, DEFAULT.derive(network="conv")
SIXTEEN = Placement(processors=16, memory=64 * 10**9)
TWO = Placement(processors=2, memory=64 * 10**9)


def test_many_runs_get_a_thread_each_and_a_lone_one_gets_them_all() -> None:
    assert SIXTEEN.threads_for([DENSE] * 16) == [1] * 16
    assert SIXTEEN.threads_for([CONV] * 64) == [1] * 64
    assert SIXTEEN.threads_for([CONV]) == [16]
    assert SIXTEEN.threads_for([CONV] * 4) == [4] * 4


def test_a_little_sooner_is_not_worth_another_kind_of_worker() -> None:
    assert TWO.threads_for([DENSE]) == [1]
    assert TWO.threads_for([CONV]) == [2]


def test_a_short_run_takes_the_workers_that_are_warm() -> None:
    measured = Speeds(machine="this one", seconds={"dense": {1: 0.5, 2: 0.25}, "conv": {1: 20, 2: 11}})
    placement = replace(TWO, speeds=measured)
    assert placement.threads_for([DENSE.derive(epochs=50)]) == [2]
    assert placement.threads_for([DENSE], warm={1}) == [1]
    assert placement.threads_for([DENSE], warm={2}) == [2]
    assert placement.threads_for([CONV], warm={1}) == [2]


def test_what_waits_already_counts() -> None:
    assert SIXTEEN.threads_for([CONV], live=15) == [1]


def test_what_was_measured_counts_more_than_what_was_guessed() -> None:
    measured = Speeds(machine="this one", seconds={"dense": {1: 0.2, 16: 0.5}})
    assert SIXTEEN.threads_for([DENSE]) != [1]
    assert replace(SIXTEEN, speeds=measured).threads_for([DENSE]) == [1]


def test_the_numbers_of_threads_are_one_all_and_the_powers_of_two_between() -> None:
    assert SIXTEEN.thread_counts() == [1, 2, 4, 8, 16]
    assert replace(SIXTEEN, processors=6).thread_counts() == [1, 2, 4, 6]
    assert Placement().thread_counts() == [1]


def test_there_is_room_for_as_many_as_processors_and_memory_allow() -> None:
    assert [SIXTEEN.slots(threads) for threads in (1, 4, 16, ALL_THREADS)] == [16, 4, 1, 1]
    assert replace(SIXTEEN, memory=4 * 10**9).slots(1) == 3
    assert replace(SIXTEEN, memory=10**9).slots(1) == 1


def test_a_person_s_choice_stands() -> None:
    chosen = Placement(workers=5, threads=3)
    assert chosen.is_chosen
    assert chosen.threads_for([DENSE, CONV]) == [3, 3]
    assert chosen.slots(1) == chosen.slots(ALL_THREADS) == 5
    assert not replace(SIXTEEN, lanes=7).is_chosen


def test_choices_are_options_of_a_worker() -> None:
    assert SIXTEEN.as_options() == []
    assert replace(SIXTEEN, workers=5, threads=3, lanes=7).as_options() == [
        "--workers", "5", "--threads", "3", "--lanes", "7",
    ]  # fmt: skip


def test_on_a_gpu_the_backend_chooses() -> None:
    assert replace(SIXTEEN, gpu=True).threads_for([DENSE, CONV]) == [ALL_THREADS] * 2


def test_a_placement_is_made_of_choices_and_the_machine_and_renewed_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = Speeds(machine="this one", seconds={})
    monkeypatch.setattr(cores, "usable", lambda: 6)
    monkeypatch.setattr(hardware, "memory", lambda: hardware.Memory(10**10, 10**9))
    monkeypatch.setattr(hardware, "has_gpu", lambda: False)
    monkeypatch.setattr(Speeds, "load", lambda: None)
    monkeypatch.setenv("MNIST_LAB_WORKERS", "9")  # read by the command line alone
    placement = Placement.here(threads=2, lanes=3)
    assert placement == Placement(None, 2, 3, processors=6, memory=10**10)
    monkeypatch.setattr(Speeds, "load", lambda: measured)
    assert placement.refreshed() == replace(placement, speeds=measured)
