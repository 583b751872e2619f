"""A dropout layer with a chosen random number algorithm."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


class Dropout(keras.layers.Layer):  # type: ignore[misc]
    """Drop a share ``rate`` of the inputs in training and scale up the others, as ``keras.layers.Dropout`` does.

    Keras leaves the choice of the algorithm to TensorFlow, whose default under XLA takes twelve times as long as the
    rest of a training step.
    """

    def __init__(self, rate: float, *, algorithm: str, name: str) -> None:
        super().__init__(name=name)
        self.rate = rate
        self.algorithm = algorithm
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        uniform = tf.random.stateless_uniform(tf.shape(inputs), seed, alg=self.algorithm)
        return tf.where(uniform < self.rate, tf.zeros_like(inputs), inputs / (1.0 - self.rate))
