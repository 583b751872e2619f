"""Runs that are lanes of one step, on a device whose memory is too small for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_lab.data import dataset, splits
from mnist_lab.data.splits import Split
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.record import Record
from mnist_lab.runs.progress import JournalFollower
from mnist_lab.store import Store
from mnist_lab.workers.control import ControlFlags
from mnist_lab.workers.execution import execute_together
from mnist_lab.workers.run_writer import RunWriter
from tests.factories import make_request

ALIKE = DEFAULT.derive(epochs=3, train_size=60, batch_size=20)


class Session:
    """Lanes that compute nothing, on a device that holds so many at the moment."""

    parameters, layers, compiled = 1, ("output",), True

    def __init__(self, engine: Engine, width: int) -> None:
        self.width = width
        self._engine = engine
        self.take(range(width))

    def compile(self) -> None: ...

    def begin_epoch(self, orders: NDArray[np.int32]) -> None:
        self._engine.epochs += 1
        self.take(range(self.width))

    def train_steps(self, first: int, last: int, learning: NDArray[np.bool_]) -> None: ...

    def running_metrics(self) -> list[tuple[float, float]]:
        return [(0.5, 0.8)] * self.width

    def evaluate(self, subset: str) -> list[tuple[float, float]]:
        return [(0.4, 0.9)] * self.width

    def predict(self, subset: str, lanes: Sequence[int]) -> list[NDArray[np.float32]]:
        return [np.full((10_000, 10), 0.1, np.float32) for _ in lanes]

    def get_weights(self, lane: int) -> dict[str, NDArray[np.float32]]:
        return {"output/kernel": np.zeros((1, 1), np.float32)}

    def keep(self, lanes: Sequence[int]) -> None: ...

    def restore(self, lanes: Sequence[int]) -> None: ...

    def take(self, lanes: Sequence[int]) -> None:
        self.width = len(lanes)
        if self.width > self._engine.room[min(self._engine.epochs, len(self._engine.room) - 1)]:
            raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.")


class Engine:
    """Attributes:
    room: How many lanes the device holds before the first epoch begins, before the second and so on.
    """

    name = "stub"
    on_gpu = True

    def __init__(self, *room: int) -> None:
        self.room = room
        self.epochs = 0
        self.opened: list[int] = []

    def open_lanes(self, experiments: Sequence[Experiment], split: Split) -> Session:
        self.opened.append(len(experiments))
        return Session(self, len(experiments))

    def environment(self) -> dict[str, Any]:
        return {"engine": self.name, "device": "a GPU of others"}


@pytest.fixture(scope="module")
def split() -> Split:
    return splits.split(dataset.load(), "report", 60)


def records(store: Store, engine: Engine, split: Split, count: int) -> list[Record]:
    requests = [make_request(experiment=ALIKE.derive(seed=seed)) for seed in range(count)]
    for request in requests:
        store.request(request)
    cache: Any = SimpleNamespace(warm=True, engine=lambda: engine, split=lambda *which: split)
    writers = [RunWriter(store, request, cache, lambda: True) for request in requests]
    return list(execute_together(writers, cache, ControlFlags(store, [request.id for request in requests])))


def test_all_are_trained_in_one_step_where_the_memory_suffices(store: Store, split: Split) -> None:
    engine = Engine(8)
    found = records(store, engine, split, 7)
    assert [record.status for record in found] == ["finished"] * 7
    assert (engine.opened, {record.environment.lanes for record in found}) == ([7], {7})


def test_where_it_does_not_half_as_many_are_until_they_fit(store: Store, split: Split) -> None:
    engine = Engine(2)
    found = records(store, engine, split, 7)
    assert engine.opened == [7, 4, 2, 2, 2, 1]
    assert [(record.experiment.seed, record.status) for record in found] == [(seed, "finished") for seed in range(7)]
    assert [record.environment.lanes for record in found] == [2, 2, 2, 2, 2, 2, 1]


def test_where_others_take_the_memory_meanwhile_runs_start_again_and_have_each_epoch_once(
    store: Store, split: Split
) -> None:
    engine = Engine(4, 4, 2)
    found = records(store, engine, split, 4)
    assert engine.opened == [4, 2, 2]
    follower = JournalFollower(store, {record.id: "" for record in found})
    events = [event for _, event in follower.poll() if event.event == "epoch"]
    assert len(events) > 4 * 3, "some epochs were trained twice"
    for record in found:
        assert (record.status, record.epochs_run, len(record.seconds.per_epoch)) == ("finished", 3, 3)
        assert len(record.history["loss"]) == 3


def test_one_that_does_not_fit_alone_fails_and_says_why(store: Store, split: Split) -> None:
    engine = Engine(0)
    found = records(store, engine, split, 3)
    assert engine.opened == [3, 2, 1, 1, 1]
    assert {record.status for record in found} == {"failed"}
    assert {record.reason for record in found} == {
        "The device ran out of memory; a smaller batch_size, units or filters needs less."
    }
