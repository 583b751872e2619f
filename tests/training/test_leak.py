"""A worker that trains all night must not grow."""

from __future__ import annotations

import psutil

from mnist_lab.data import dataset, splits
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.training.engine import Engine
from mnist_lab.training.loop import Training

RUNS = 100
A_RUN = 100_000
"""Bytes: a weight or an order of the images that was kept of each run would be several times as many."""


def test_a_hundred_runs_take_no_more_memory_than_a_few(engine: Engine) -> None:
    split = splits.split(dataset.load(), "report", 1024, False)

    def train(seed: int) -> None:
        experiment = DEFAULT.derive(train_size=1024, epochs=1, seed=seed, learning_rate=0.001 * (1 + seed % 7))
        for _ in Training(experiment, split, engine).events():
            pass

    process = psutil.Process()
    for seed in range(RUNS // 4):
        train(seed)
    before = process.memory_info().rss
    for seed in range(RUNS // 4, RUNS):
        train(seed)
    assert process.memory_info().rss - before < RUNS * A_RUN
