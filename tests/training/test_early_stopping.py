from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import METRICS, Metric
from mnist_lab.training.early_stopping import EarlyStopping, EarlyStoppingState

NAN = math.nan


class Model:
    """All that Keras's callback wants of a model; its weights are the number of the epoch."""

    stop_training = False
    epoch = 0

    def get_weights(self) -> int:
        return self.epoch

    def set_weights(self, weights: int) -> None:
        self.epoch = weights


def by_keras(rule: EarlyStopping, values: list[float]) -> tuple[int, int, bool, int]:
    """Epochs run, best epoch, whether it stopped, epoch whose weights were kept."""
    callback = keras.callbacks.EarlyStopping(
        rule.monitor,
        min_delta=rule.min_delta,
        patience=rule.patience,
        mode="min" if rule.monitor.endswith("loss") else "max",
        restore_best_weights=rule.restore_best_weights,
    )
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        model.epoch = epoch + 1
        callback.on_epoch_end(epoch, {rule.monitor: value})
        if model.stop_training:
            break
    run = model.epoch
    callback.on_train_end()
    return run, callback.best_epoch + 1, model.stop_training, model.epoch


def by_us(rule: EarlyStopping, values: list[float]) -> tuple[int, int, bool, int]:
    watch = rule.replay(values)
    assert watch.best_epoch is not None
    return watch.epoch, watch.best_epoch, watch.stop, watch.best_epoch if rule.restore_best_weights else watch.epoch


def curve(random: np.random.Generator, epochs: int) -> list[float]:
    """A noisy curve with plateaus, values that differ in float64 only, and now and then a NaN."""
    values = np.exp(-np.linspace(0, 3, epochs)) + random.normal(0, 0.05, epochs)
    values = np.where(random.random(epochs) < 0.3, np.round(values, 1), values)
    for epoch in range(1, epochs):
        match random.integers(12):
            case 0:
                values[epoch] = values[epoch - 1] * (1 + random.choice([-1e-9, 1e-9]))
            case 1:
                values[epoch] = NAN if random.random() < 0.5 else math.inf
    return [float(value) for value in values]


@pytest.mark.parametrize("monitor", METRICS)
@pytest.mark.parametrize("restore_best_weights", [True, False])
def test_agrees_with_keras_on_random_curves(monitor: Metric, restore_best_weights: bool) -> None:
    random = np.random.default_rng(7)
    stopped = 0
    for _ in range(60):
        values = curve(random, epochs=14)
        if monitor.endswith("accuracy"):
            values = [1 - value for value in values]
        rule = EarlyStopping(
            monitor, int(random.integers(0, 6)), float(random.choice([0.0, 0.001, 0.1, 1.0])), restore_best_weights
        )
        expected = by_keras(rule, values)
        assert by_us(rule, values) == expected, (rule, values)
        stopped += expected[2]
    assert 20 < stopped < 60


@pytest.mark.parametrize(
    ("values", "patience", "min_delta", "epochs", "best"),
    [
        pytest.param([5.0, 6.0, 4.0], 0, 0.0, 2, 1, id="patience 0 stops at the first setback"),
        pytest.param([5.0], 0, 0.0, 1, 1, id="the first epoch never stops it"),
        pytest.param([NAN, 1.0, 0.5, 0.2], 2, 0.0, 3, 1, id="nothing improves on a NaN that came first"),
        pytest.param([3.0, NAN, NAN, 1.0], 2, 0.0, 3, 1, id="NaN is no improvement"),
        pytest.param([3.0, 2.95, 2.92, 2.91], 3, 0.1, 4, 1, id="changes within min_delta are none"),
        pytest.param([3.0, 2.0, 1.0], 2, 0.0, 3, 3, id="ran to its end"),
        pytest.param([1.0, 1.0 - 1e-12, 1.0 - 2e-12], 2, 0.0, 3, 1, id="equal in float32"),
        pytest.param([1.0, 1e300, -1e300], 3, 0.0, 3, 3, id="beyond float32"),
    ],
)
def test_the_edges(values: list[float], patience: int, min_delta: float, epochs: int, best: int) -> None:
    rule = EarlyStopping("val_loss", patience, min_delta)
    watch = rule.replay(values)
    assert (watch.epoch, watch.best_epoch) == (epochs, best)
    if max(map(abs, values)) < 1e38:
        assert by_us(rule, values) == by_keras(rule, values)


def test_a_rule_is_read_off_an_experiment() -> None:
    assert EarlyStopping.of(Experiment()) is None
    experiment = Experiment(
        early_stopping=True, monitor="accuracy", patience=2, min_delta=0.01, restore_best_weights=False
    )
    assert EarlyStopping.of(experiment) == EarlyStopping("accuracy", 2, 0.01, restore_best_weights=False)


def test_a_state_is_a_value() -> None:
    rule = EarlyStopping("val_loss", 3)
    before = rule.after(EarlyStoppingState(), 1.0)
    assert rule.after(before, 0.5) == rule.after(before, 0.5) != before
