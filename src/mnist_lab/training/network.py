"""An experiment's network as a Keras model, from grey values in 0..1, (n, 28, 28), to ten logits."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from mnist_lab.experiments.experiment import Experiment

MONOTONE = frozenset({"relu", "leaky_relu", "elu", "selu", "sigmoid", "tanh"})
"""Non-decreasing activations: for these, max pooling and activation commute."""


def build(
    experiment: Experiment,
    dropout: Callable[[float, str], Any] | None = None,
    kernels: str = "glorot_uniform",
) -> Any:
    """Build a network as a ``keras.Sequential``.

    The last layer has no softmax: the loss is computed from logits, which are exact where a probability is rounded to 0
    or 1.

    Args:
        experiment: Declares the network.
        dropout: Makes a dropout layer from a rate and a name; by default Keras's.
        kernels: Keras initializer of all kernels, for engines that set other values anyway.
    """
    policy = "mixed_bfloat16" if experiment.precision == "bfloat16" else "float32"
    dropout = dropout or (lambda rate, name: keras.layers.Dropout(rate, name=name))
    convolution = partial(keras.layers.Conv2D, kernel_size=3, dtype=policy, kernel_initializer=kernels)
    dense = partial(keras.layers.Dense, kernel_initializer=kernels)
    layers = [keras.Input((28, 28), name="pixels")]
    if experiment.network == "conv":
        layers.append(keras.layers.Reshape((28, 28, 1), name="image"))
        for number, filters in enumerate(experiment.filters, start=1):
            layers += _convolution(convolution, number, filters, experiment.activation, policy)
    layers.append(keras.layers.Flatten(name="flatten"))
    for number in range(1, experiment.depth + 1):
        layers.append(dense(experiment.units, activation=experiment.activation, dtype=policy, name=f"dense_{number}"))
        if experiment.dropout:
            layers.append(dropout(experiment.dropout, f"dropout_{number}"))
    layers.append(dense(10, dtype="float32", name="output"))
    return keras.Sequential(layers, name=experiment.network)


def _convolution(layer: Callable[..., Any], number: int, filters: int, activation: str, policy: str) -> list[Any]:
    """A 3×3 convolution, its activation, and 2×2 max pooling."""
    name = f"conv_{number}"
    pool = keras.layers.MaxPooling2D(2, dtype=policy, name=f"pool_{number}")
    if activation not in MONOTONE:
        return [layer(filters, activation=activation, name=name), pool]
    # The same function, computed for a quarter of the pixels.
    after = keras.layers.Activation(activation, dtype=policy, name=f"{activation}_{number}")
    return [layer(filters, name=name), pool, after]


def variables(model: Any) -> dict[str, Any]:
    """Kernels and biases by name (``dense_1/kernel``), in the order of the layers."""
    return {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.trainable_weights}


def describe(model: Any) -> tuple[str, ...]:
    """One line per layer: name, activation, output shape and number of parameters."""
    lines = []
    for layer in model.layers:
        activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
        text = layer.name if activation == "linear" or activation in layer.name else f"{layer.name} {activation}"
        text += ": " + "×".join(str(size) for size in layer.output.shape[1:])
        parameters = sum(math.prod(variable.shape) for variable in layer.trainable_weights)
        lines.append(text + (f", {parameters:,} parameters" if parameters else ""))
    return tuple(lines)
