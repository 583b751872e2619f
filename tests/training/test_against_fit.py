"""The loop against ``model.fit`` on the same weights, images and order."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from mnist_lab.data.splits import Split
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import METRICS, History
from mnist_lab.training import seeding
from mnist_lab.training.engine import Engine
from tests.training.conftest import MakeSplit
from tests.training.trained import train


def dense() -> Any:
    return keras.Sequential(
        [
            keras.Input((28, 28)),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def conv() -> Any:
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(8, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def fit(model: Any, optimizer: Any, split: Split, experiment: Experiment, weights: list[Any]) -> History:
    """What stock Keras makes of it, an epoch a call, so that the order of the images can be given."""
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.set_weights(weights)
    images = split.x_train.reshape(-1, *model.input_shape[1:]).astype(np.float32) / 255
    watched = split.x_val.reshape(-1, *model.input_shape[1:]).astype(np.float32) / 255
    history: History = {metric: [] for metric in METRICS}
    for epoch in range(1, experiment.epochs + 1):
        order = seeding.order(len(images), experiment.batch_size, experiment.seed, epoch).ravel()[: len(images)]
        logs = model.fit(
            images[order],
            split.y_train[order],
            batch_size=experiment.batch_size,
            shuffle=False,
            validation_data=(watched, split.y_val),
            verbose=0,
        ).history
        for metric in METRICS:
            history[metric] += logs[metric]
    return history


@pytest.mark.parametrize(
    ("experiment", "model", "optimizer", "train_images"),
    [
        pytest.param(Experiment(epochs=2, seed=3), dense, keras.optimizers.Adam, 10_000, id="dense"),
        pytest.param(
            Experiment(epochs=2, seed=3, network="conv", filters=(8, 16), units=32, optimizer="sgd", learning_rate=0.1),
            conv,
            keras.optimizers.SGD,
            700,
            id="conv",
        ),
    ],
)
def test_learns_the_same_curve(
    engine: Engine, make_split: MakeSplit, experiment: Experiment, model: Any, optimizer: Any, train_images: int
) -> None:
    split = make_split(train_images, 1100)
    assert train_images % experiment.batch_size
    ours = train(engine, split, experiment)
    session = engine.open(experiment, split)
    start = list(session.get_weights().values())
    theirs = fit(model(), optimizer(experiment.learning_rate), split, experiment, start)
    for metric in ("loss", "val_loss"):
        assert ours.summary.history[metric] == pytest.approx(theirs[metric], rel=1e-3)
    for metric in ("accuracy", "val_accuracy"):
        assert ours.summary.history[metric] == pytest.approx(theirs[metric], abs=2e-3)
