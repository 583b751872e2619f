from __future__ import annotations

from typing import get_args

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_lab.experiments.experiment import Activation, Experiment
from mnist_lab.training import network, optimizer
from mnist_lab.training.dropout import Dropout

ACTIVATIONS = get_args(Activation)


@pytest.fixture
def images() -> np.ndarray:
    return np.random.default_rng(0).random((20, 28, 28), np.float32)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_one_of_keras(activation: str) -> None:
    assert callable(keras.activations.get(activation))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_monotone_are_those_that_never_fall(activation: str) -> None:
    values = np.asarray(keras.activations.get(activation)(np.linspace(-8, 8, 4001, dtype=np.float32)))
    rounding = 1e-6
    assert (np.diff(values) >= -rounding).all() == (activation in network.MONOTONE)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_convolutions_compute_what_keras_does_with_the_activation_first(activation: str, images: np.ndarray) -> None:
    experiment = Experiment(network="conv", filters=(3, 4), units=6, activation=activation)
    ours = network.build(experiment)
    theirs = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(3, 3, activation=activation),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(4, 3, activation=activation),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dense(6, activation=activation),
            keras.layers.Dense(10),
        ]
    )
    theirs.set_weights(ours.get_weights())
    np.testing.assert_allclose(np.asarray(ours(images)), np.asarray(theirs(images[..., None])), rtol=1e-5, atol=1e-6)


def test_layers_are_described() -> None:
    dense = network.build(Experiment(units=64, depth=2, dropout=0.5))
    assert network.describe(dense) == (
        "flatten: 784",
        "dense_1 relu: 64, 50,240 parameters",
        "dropout_1: 64",
        "dense_2 relu: 64, 4,160 parameters",
        "dropout_2: 64",
        "output: 10, 650 parameters",
    )
    conv = network.build(Experiment(network="conv", activation="gelu", filters=(32, 64)))
    assert network.describe(conv) == (
        "image: 28×28×1",
        "conv_1 gelu: 26×26×32, 320 parameters",
        "pool_1: 13×13×32",
        "conv_2 gelu: 11×11×64, 18,496 parameters",
        "pool_2: 5×5×64",
        "flatten: 1600",
        "dense_1 gelu: 128, 204,928 parameters",
        "output: 10, 1,290 parameters",
    )


def test_weights_have_one_name_each() -> None:
    experiment = Experiment(network="conv", filters=(2, 3, 4), depth=2, units=5)
    for _ in range(2):
        assert list(network.variables(network.build(experiment))) == [
            f"{layer}/{kind}"
            for layer in ("conv_1", "conv_2", "conv_3", "dense_1", "dense_2", "output")
            for kind in ("kernel", "bias")
        ]


def test_bfloat16_keeps_weights_and_logits_in_float32(images: np.ndarray) -> None:
    model = network.build(Experiment(precision="bfloat16"))
    assert {variable.dtype for variable in model.variables} == {"float32"}
    assert model.get_layer("dense_1").compute_dtype == "bfloat16"
    assert model(images).dtype == tf.float32


@pytest.mark.parametrize(("xla", "algorithm"), [(True, "threefry"), (False, "philox")])
def test_dropout_masks_differ_from_step_to_step_and_come_again(xla: bool, algorithm: str) -> None:
    layer = Dropout(0.25, algorithm=algorithm, name="dropout")
    ones = tf.ones((64, 500))
    drop = tf.function(lambda: layer(ones, training=True), jit_compile=xla)

    def masks(seed: int) -> list[np.ndarray]:
        layer.seed_generator.state.assign([seed, 0])
        return [drop().numpy() for _ in range(3)]

    first, again, other = masks(11), masks(11), masks(12)
    np.testing.assert_array_equal(first, again)
    assert all((one != two).mean() > 0.3 for one, two in ((first[0], first[1]), (first[1], first[2])))
    assert (np.array(first) != np.array(other)).mean() > 0.3
    assert set(np.unique(first)) == {np.float32(0), np.float32(1 / 0.75)}
    assert np.mean(np.array(first) == 0) == pytest.approx(0.25, abs=0.01)


def test_dropout_passes_everything_outside_training() -> None:
    layer = Dropout(0.5, algorithm="philox", name="dropout")
    np.testing.assert_array_equal(layer(np.ones((3, 4), np.float32)), np.ones((3, 4)))


@pytest.mark.parametrize("name", ["adam", "sgd", "rmsprop", "adamw"])
def test_optimizers_are_those_of_keras_with_its_defaults(name: str) -> None:
    experiment = Experiment(optimizer=name, learning_rate=0.02)
    theirs = keras.optimizers.get({"class_name": name, "config": {"learning_rate": 0.02}})
    assert optimizer.build(experiment).get_config() | {"name": ""} == theirs.get_config() | {"name": ""}
    assert optimizer.build(experiment.derive(weight_decay=0.5)).weight_decay == 0.5
