"""An experiment's Keras optimizer."""

from __future__ import annotations

from typing import Any

import keras

from mnist_lab.experiments.experiment import Experiment

OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adamw": keras.optimizers.AdamW,
}


def build(experiment: Experiment) -> Any:
    """Build the ``keras.optimizers.Optimizer``, with Keras's defaults for all that the experiment does not set."""
    decay = {} if experiment.weight_decay is None else {"weight_decay": experiment.weight_decay}
    return OPTIMIZERS[experiment.optimizer](learning_rate=experiment.learning_rate, **decay)
