from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from mnist_lab.data.splits import Split
from mnist_lab.experiments.events import EpochEnded, PhaseStarted, Progressed
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import METRICS
from mnist_lab.training.early_stopping import EarlyStopping
from mnist_lab.training.engine import Engine
from mnist_lab.training.loop import Training
from tests.training.conftest import MakeSplit
from tests.training.trained import SINGLE_STEPS, WHOLE_EPOCHS, same_weights, train

FAST = Experiment(epochs=3, units=32, learning_rate=0.01)
RISKY = Experiment(epochs=40, units=32, learning_rate=0.03, early_stopping=True, patience=3)
"""Overfits a thousand images well before its last epoch."""


def test_a_training_is_a_stream_of_events(small: Split) -> None:
    from mnist_lab.training.tensorflow_engine import TensorFlowEngine

    training = Training(FAST, small, TensorFlowEngine(), now=lambda: 7.0)
    with pytest.raises(RuntimeError, match="exhausted"):
        _ = training.outcome
    events = list(training.events())
    outcome = training.outcome

    phases = [event.phase for event in events if isinstance(event, PhaseStarted)]
    assert phases == ["loading", "compiling", "training", "evaluating"]
    assert {event.at for event in events} == {7.0}
    for epoch in (1, 2, 3):
        progress = [event for event in events if isinstance(event, Progressed) and event.epoch == epoch]
        assert [event.step for event in progress] == sorted({event.step for event in progress})
        assert progress[-1].step == progress[-1].steps == 8
        (ended,) = [event for event in events if isinstance(event, EpochEnded) and event.epoch == epoch]
        assert (ended.loss, ended.accuracy) == (progress[-1].loss, progress[-1].accuracy)
        assert {metric: getattr(ended, metric) for metric in METRICS} == {
            metric: outcome.summary.history[metric][epoch - 1] for metric in METRICS
        }
    assert (outcome.summary.status, outcome.summary.reason, outcome.summary.stopped_early) == ("finished", "", False)
    assert (outcome.summary.epochs_run, outcome.summary.best_epoch) == (3, None)


def test_an_outcome_describes_the_kept_weights(engine: Engine, small: Split) -> None:
    outcome = train(engine, small, FAST)
    result = outcome.summary.result
    assert {metric: getattr(result, metric) for metric in METRICS} == {
        metric: values[-1] for metric, values in outcome.summary.history.items()
    }
    assert result.test_accuracy == result.val_accuracy == (outcome.digits == small.y_test).mean()
    assert outcome.probabilities.dtype == np.float16
    assert outcome.probabilities.shape == (300, 10)
    assert outcome.digits.dtype == np.uint8
    assert outcome.summary.model.parameters == sum(array.size for array in outcome.weights.values())
    assert len(outcome.summary.seconds.per_epoch) == 3
    assert 0.6 < result.accuracy <= 1


def test_holdout_is_judged_on_the_test_images(engine: Engine, small: Split, make_split: MakeSplit) -> None:
    other = make_split(1, 500)
    held_out = Split(
        small.x_train, small.y_train, small.x_val, small.y_val, other.x_test[300:500], other.y_test[300:500]
    )
    outcome = train(engine, held_out, FAST)
    assert outcome.summary.history == train(engine, small, FAST).summary.history
    assert outcome.probabilities.shape == (200, 10)
    assert (
        outcome.summary.result.test_accuracy
        == (outcome.digits == held_out.y_test).mean()
        != outcome.summary.result.val_accuracy
    )


def test_a_second_run_does_not_compile(engine: Engine, small: Split) -> None:
    train(engine, small, FAST)
    training = Training(FAST.derive(seed=5), small, engine)
    assert "compiling" not in {event.phase for event in training.events() if isinstance(event, PhaseStarted)}


def test_pauses_are_not_timed(engine: Engine, small: Split) -> None:
    train(engine, small, FAST)
    clock = 0.0

    def tick() -> float:
        nonlocal clock
        clock += 1.0
        return clock

    training = Training(FAST, small, engine, clock=tick, seconds_per_call=WHOLE_EPOCHS)
    for _ in training.events():
        clock += 1000.0
    seconds = training.outcome.summary.seconds
    assert seconds.train + seconds.evaluate + seconds.compile < 100
    assert all(0 < epoch < 10 for epoch in seconds.per_epoch)


def test_stopped_within_an_epoch(engine: Engine, small: Split) -> None:
    training = Training(FAST, small, engine, seconds_per_call=SINGLE_STEPS)
    last = None
    for event in training.events():
        if isinstance(event, Progressed):
            last = event
            if (event.epoch, event.step) == (2, 3):
                training.stop()
    outcome = training.outcome
    assert last is not None
    assert (last.epoch, last.step) == (2, 3)
    assert (outcome.summary.status, outcome.summary.reason) == ("stopped", "Stopped in epoch 2, after step 3 of 8.")
    assert outcome.summary.epochs_run == 1
    assert [len(values) for values in outcome.summary.history.values()] == [1, 1, 1, 1]
    assert (outcome.summary.result.loss, outcome.summary.result.accuracy) == (last.loss, last.accuracy)
    assert outcome.summary.result.val_accuracy == outcome.summary.result.test_accuracy
    assert outcome.summary.result.val_loss not in outcome.summary.history["val_loss"]


def test_stopped_between_epochs(engine: Engine, small: Split) -> None:
    training = Training(FAST, small, engine)
    for event in training.events():
        if isinstance(event, EpochEnded) and event.epoch == 2:
            training.stop()
    outcome = training.outcome
    assert (outcome.summary.status, outcome.summary.reason, outcome.summary.epochs_run) == (
        "stopped",
        "Stopped after epoch 2.",
        2,
    )
    assert same_weights(outcome.weights, train(engine, small, FAST.derive(epochs=2)).weights)


@pytest.mark.parametrize("asked_at", [Progressed, EpochEnded])
def test_a_stop_that_comes_after_the_last_step_changes_nothing(
    engine: Engine, small: Split, asked_at: type[Any]
) -> None:
    training = Training(FAST, small, engine, seconds_per_call=WHOLE_EPOCHS)
    for event in training.events():
        if isinstance(event, asked_at) and event.epoch == 3:
            training.stop()
    assert training.outcome.summary.status == "finished"


def test_stopped_before_the_first_step(engine: Engine, small: Split) -> None:
    training = Training(FAST, small, engine)
    training.stop()
    assert not [event for event in training.events() if not isinstance(event, PhaseStarted)]
    outcome = training.outcome
    assert (outcome.summary.status, outcome.summary.epochs_run) == ("stopped", 0)
    assert outcome.summary.result.loss is None
    assert outcome.summary.history == {metric: [] for metric in METRICS}


@pytest.mark.parametrize("monitor", METRICS)
def test_early_stopping_does_what_the_callback_of_keras_does(engine: Engine, small: Split, monitor: str) -> None:
    experiment = RISKY.derive(monitor=monitor, min_delta=0.02)
    plain = Experiment(**(experiment.model_dump() | {"early_stopping": False}))
    callback = keras.callbacks.EarlyStopping(
        monitor, min_delta=0.02, patience=3, restore_best_weights=True, mode="min" if "loss" in monitor else "max"
    )
    ours, theirs = train(engine, small, experiment), train(engine, small, plain, callbacks=[callback])
    assert ours.summary.stopped_early
    assert theirs.summary.stopped_early
    assert ours.summary.history == theirs.summary.history
    assert ours.summary.best_epoch == callback.best_epoch + 1
    assert same_weights(ours.weights, theirs.weights)
    assert ours.summary.result.val_loss == theirs.summary.result.val_loss
    assert ours.summary.reason == f"{monitor} had not improved for 3 epochs."


def test_early_stopping_keeps_the_best_epoch_to_the_bit(engine: Engine, small: Split) -> None:
    outcome = train(engine, small, RISKY)
    rule = EarlyStopping.of(RISKY)
    assert rule is not None
    watch = rule.replay(outcome.summary.history["val_loss"])
    assert (watch.epoch, watch.best_epoch, watch.stop) == (outcome.summary.epochs_run, outcome.summary.best_epoch, True)
    assert outcome.summary.epochs_run == outcome.summary.best_epoch + 3 < RISKY.epochs
    assert outcome.summary.result.val_loss == min(outcome.summary.history["val_loss"])
    short = train(
        engine, small, Experiment(**(RISKY.model_dump() | {"early_stopping": False, "epochs": watch.best_epoch}))
    )
    assert same_weights(outcome.weights, short.weights)
    assert outcome.summary.result == short.summary.result


def test_early_stopping_may_keep_the_last_epoch(engine: Engine, small: Split) -> None:
    outcome = train(engine, small, RISKY.derive(restore_best_weights=False))
    assert outcome.summary.stopped_early
    assert outcome.summary.best_epoch < outcome.summary.epochs_run
    assert outcome.summary.result.val_loss == outcome.summary.history["val_loss"][-1]


def test_the_best_epoch_is_kept_without_a_stop_too(engine: Engine, small: Split) -> None:
    whole = train(engine, small, RISKY)
    outcome = train(engine, small, RISKY.derive(epochs=whole.summary.best_epoch + 1))
    assert (outcome.summary.stopped_early, outcome.summary.reason) == (False, "")
    assert outcome.summary.best_epoch == whole.summary.best_epoch
    assert same_weights(outcome.weights, whole.weights)


def test_stopped_within_an_epoch_the_best_one_is_kept(engine: Engine, small: Split) -> None:
    training = Training(RISKY, small, engine, seconds_per_call=SINGLE_STEPS)
    for event in training.events():
        if isinstance(event, Progressed) and (event.epoch, event.step) == (3, 2):
            training.stop()
    outcome = training.outcome
    best = outcome.summary.best_epoch - 1
    assert (
        outcome.summary.result.val_loss
        == outcome.summary.history["val_loss"][best]
        == min(outcome.summary.history["val_loss"])
    )
    assert outcome.summary.result.loss == outcome.summary.history["loss"][best]


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_huge_learning_rate_diverges(engine: Engine, small: Split, optimizer: str) -> None:
    experiment = Experiment(epochs=3, units=32, optimizer=optimizer, learning_rate=1e9)
    training = Training(experiment, small, engine)
    ended = [event for event in training.events() if isinstance(event, EpochEnded)]
    outcome = training.outcome
    assert outcome.summary.status == "diverged"
    assert len(ended) == outcome.summary.epochs_run == len(outcome.summary.history["loss"]) == 1
    assert "loss" in outcome.summary.reason
    assert outcome.summary.reason.endswith("in epoch 1.")
    if optimizer == "sgd":
        assert outcome.summary.reason == "The loss became NaN in epoch 1."
        assert math.isnan(ended[0].loss)


def test_a_divergence_is_the_same_at_every_length_of_call(engine: Engine, small: Split) -> None:
    experiment = Experiment(epochs=3, units=32, optimizer="sgd", learning_rate=1e9, early_stopping=True)
    steps = train(engine, small, experiment, seconds_per_call=SINGLE_STEPS)
    epochs = train(engine, small, experiment, seconds_per_call=WHOLE_EPOCHS)
    assert repr(steps.summary.history) == repr(epochs.summary.history)
    assert same_weights(steps.weights, epochs.weights)
    assert steps.summary.best_epoch == 1


@pytest.mark.parametrize("learning_rate", [0.1, 1.0])
def test_bad_is_not_diverged(engine: Engine, small: Split, learning_rate: float) -> None:
    outcome = train(engine, small, Experiment(epochs=2, units=32, learning_rate=learning_rate))
    assert outcome.summary.status == "finished"


class Listener(keras.callbacks.Callback):
    def __init__(self, stop_after: int) -> None:
        super().__init__()
        self.stop_after = stop_after
        self.calls: list[tuple[Any, ...]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.calls.append(("train begins",))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(("epoch begins", epoch))
        self.model.optimizer.learning_rate = 0.01 / (epoch + 1)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(("epoch ends", epoch, logs))
        self.model.stop_training = epoch + 1 == self.stop_after

    def on_train_end(self, logs: Any = None) -> None:
        self.calls.append(("train ends", logs))


def test_callbacks_are_called_as_by_fit(engine: Engine, small: Split, tmp_path: Path) -> None:
    listener = Listener(stop_after=2)
    log = tmp_path / "log.csv"
    outcome = train(engine, small, FAST, callbacks=[listener, keras.callbacks.CSVLogger(str(log))])
    logs = [{metric: values[epoch] for metric, values in outcome.summary.history.items()} for epoch in (0, 1)]
    assert listener.calls == [
        ("train begins",),
        ("epoch begins", 0),
        ("epoch ends", 0, logs[0]),
        ("epoch begins", 1),
        ("epoch ends", 1, logs[1]),
        ("train ends", logs[1]),
    ]
    assert listener.params["epochs"] == 3
    assert listener.params["steps"] == 8
    assert (outcome.summary.status, outcome.summary.stopped_early, outcome.summary.epochs_run) == ("finished", True, 2)
    assert outcome.summary.reason == "A callback stopped it after epoch 2."
    with log.open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "accuracy", "loss", "val_accuracy", "val_loss"]
    assert [float(row["val_loss"]) for row in rows] == outcome.summary.history["val_loss"]


def test_a_callback_leaves_nothing_behind(engine: Engine, small: Split) -> None:
    before = train(engine, small, FAST)
    train(engine, small, FAST, callbacks=[Listener(stop_after=1)])
    after = train(engine, small, FAST)
    assert after.summary.history == before.summary.history
    assert train(engine, small, FAST, callbacks=[Listener(stop_after=9)]).summary.epochs_run == 3


def test_bfloat16_learns(engine: Engine, small: Split) -> None:
    exact, coarse = (
        train(engine, small, FAST.derive(precision=precision, epochs=5)).summary.result
        for precision in ("float32", "bfloat16")
    )
    assert coarse.val_accuracy == pytest.approx(exact.val_accuracy, abs=0.05)
    assert coarse.val_accuracy > 0.75
    assert coarse.loss != exact.loss
