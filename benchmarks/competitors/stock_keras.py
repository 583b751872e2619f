"""Stock Keras code: a compiled Sequential of stock layers, for ``fit`` on float32 arrays in 0..1."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training import optimizer


def compiled_model(experiment: Experiment, **options: Any) -> Any:
    """The experiment's network, ending in softmax; ``options`` are passed to ``compile``."""
    keras.utils.set_random_seed(experiment.seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if experiment.precision == "bfloat16" else "float32")
    layers: list[Any] = [keras.Input((28, 28))]
    if experiment.network == "conv":
        layers = [keras.Input((28, 28, 1))]
        for filters in experiment.filters:
            layers += [
                keras.layers.Conv2D(filters, 3, activation=experiment.activation),
                keras.layers.MaxPooling2D(),
            ]
    layers.append(keras.layers.Flatten())
    for _ in range(experiment.depth):
        layers.append(keras.layers.Dense(experiment.units, activation=experiment.activation))
        if experiment.dropout:
            layers.append(keras.layers.Dropout(experiment.dropout))
    model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax", dtype="float32")])
    model.compile(
        optimizer=optimizer.build(experiment),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        **options,
    )
    return model


def scaled(images: NDArray[np.uint8], experiment: Experiment) -> NDArray[np.float32]:
    """Images (n, 28, 28) as pixels in 0..1; with a channel axis for convolutions."""
    pixels: NDArray[np.float32] = images.astype(np.float32) / np.float32(255)
    return pixels[..., None] if experiment.network == "conv" else pixels


def early_stopping(experiment: Experiment) -> list[Any]:
    """Keras's own callback, where the experiment stops early; else none."""
    if not experiment.early_stopping:
        return []
    return [
        keras.callbacks.EarlyStopping(
            monitor=experiment.monitor,
            patience=experiment.patience,
            min_delta=experiment.min_delta,
            restore_best_weights=experiment.restore_best_weights,
        )
    ]
