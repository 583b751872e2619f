"""What can be measured after each epoch besides loss and accuracy: gradients, and the test images."""

from __future__ import annotations

import numpy as np
import pytest

from mnist_lab.data.dataset import Digits
from mnist_lab.data.splits import Split
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.measurements import GRADIENT_NORMS, MEASUREMENTS, TEST_CURVE
from mnist_lab.training.engine import Engine
from tests.training.conftest import MakeSplit
from tests.training.trained import same_weights, train

SIGMOID = Experiment(epochs=3, units=16, activation="sigmoid", learning_rate=0.01)


def test_measuring_changes_no_bit(engine: Engine, small: Split) -> None:
    plain = train(engine, small, SIGMOID)
    watched = train(engine, small, SIGMOID, measurements=MEASUREMENTS)
    assert watched.summary.history == plain.summary.history
    assert same_weights(watched.weights, plain.weights)
    assert watched.summary.measurements == set(MEASUREMENTS)
    assert plain.summary.measurements == set()


def test_gradient_norms_are_those_of_backpropagation(engine: Engine, make_split: MakeSplit) -> None:
    split = make_split(600, 100)
    session = engine.open(SIGMOID.derive(seed=3), split)
    weights = {name: array.astype(np.float64) for name, array in session.get_weights().items()}
    pixels = split.x_train.reshape(600, -1) / 255.0
    hidden = 1 / (1 + np.exp(-(pixels @ weights["dense_1/kernel"] + weights["dense_1/bias"])))
    logits = hidden @ weights["output/kernel"] + weights["output/bias"]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    error = (odds / odds.sum(axis=1, keepdims=True) - np.eye(10)[split.y_train]) / 600
    behind = error @ weights["output/kernel"].T * hidden * (1 - hidden)
    assert session.gradient_norms() == pytest.approx(
        {"dense_1": np.linalg.norm(pixels.T @ behind), "output": np.linalg.norm(hidden.T @ error)}, rel=1e-4
    )


def test_every_layer_has_a_norm_for_every_epoch(engine: Engine, small: Split) -> None:
    conv = Experiment(network="conv", filters=(4, 4), units=8, depth=2, epochs=2)
    norms = train(engine, small, conv, measurements=["gradient_norms"]).summary.measured(GRADIENT_NORMS)
    assert norms is not None
    assert list(norms) == ["conv_1", "conv_2", "dense_1", "dense_2", "output"]
    assert all(len(values) == 2 and min(values) > 0 for values in norms.values())


def test_the_test_curve_is_the_evaluation_on_the_test_images_after_each_epoch(engine: Engine, digits: Digits) -> None:
    split = Split(
        digits.x_train[:1000],
        digits.y_train[:1000],
        digits.x_train[1000:1400],
        digits.y_train[1000:1400],
        digits.x_test[:300],
        digits.y_test[:300],
    )
    ended = [train(engine, split, SIGMOID.derive(epochs=epochs)).summary.result.test_accuracy for epochs in (1, 2, 3)]
    watched = train(engine, split, SIGMOID, measurements=["test_curve"])
    curve = watched.summary.measured(TEST_CURVE)
    assert curve is not None
    assert curve["accuracy"] == pytest.approx(ended)
    assert curve["accuracy"] != pytest.approx(watched.summary.history["val_accuracy"])
    assert len(curve["loss"]) == 3


def test_an_undeclared_measurement_is_an_error(engine: Engine, small: Split) -> None:
    with pytest.raises(KeyError, match="weight_sums"):
        train(engine, small, SIGMOID, measurements=["weight_sums"])
