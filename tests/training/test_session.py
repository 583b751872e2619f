"""One session against another: the same bits, compiled once."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mnist_lab.data.splits import Split
from mnist_lab.errors import EngineError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training import seeding, tensorflow_engine
from mnist_lab.training.engine import Engine
from mnist_lab.training.loading import load_engine
from mnist_lab.training.tensorflow_engine import TensorFlowEngine
from tests.training.conftest import MakeSplit
from tests.training.trained import SINGLE_STEPS, WHOLE_EPOCHS, same_weights, train

DENSE = {"optimizer": "rmsprop", "dropout": 0.3, "units": 48}
CONV = {"network": "conv", "filters": (4,), "units": 16}
SHAPES = pytest.mark.parametrize("fields", [DENSE, CONV], ids=["dense", "conv"])


@SHAPES
def test_a_used_session_gives_the_bits_of_a_new_one(engine: Engine, small: Split, fields: dict[str, object]) -> None:
    experiment = Experiment(epochs=2, seed=4, **fields)
    train(engine, small, experiment.derive(seed=9, learning_rate=0.1))
    used = train(engine, small, experiment)
    new = train(TensorFlowEngine(), small, experiment)
    assert used.summary.history == new.summary.history
    assert same_weights(used.weights, new.weights)
    np.testing.assert_array_equal(used.probabilities, new.probabilities)


@SHAPES
def test_the_length_of_calls_changes_no_bit(engine: Engine, small: Split, fields: dict[str, object]) -> None:
    experiment = Experiment(epochs=2, **fields)
    steps = train(engine, small, experiment, seconds_per_call=SINGLE_STEPS)
    epochs = train(engine, small, experiment, seconds_per_call=WHOLE_EPOCHS)
    assert steps.summary.history == epochs.summary.history
    assert same_weights(steps.weights, epochs.weights)


def test_seeds_matter(engine: Engine, small: Split) -> None:
    one, other = (train(engine, small, Experiment(epochs=1, seed=seed, **DENSE)) for seed in (0, 1))
    assert one.summary.history != other.summary.history


def test_nothing_is_traced_twice(engine: Engine, small: Split) -> None:
    experiment = Experiment(**DENSE)
    session = engine.open(experiment, small)
    assert isinstance(session, tensorflow_engine.TensorFlowSession)
    for number, seconds in enumerate((SINGLE_STEPS, WHOLE_EPOCHS, 0.01)):
        change = experiment.derive(seed=number, learning_rate=0.1**number, epochs=number + 1)
        train(engine, small, change, seconds_per_call=seconds)
    assert engine.open(experiment, small) is session
    assert session._run_steps.experimental_get_tracing_count() == 1
    assert session._run_evaluation.experimental_get_tracing_count() == 1


def test_the_same_images_are_on_the_device_once(small: Split) -> None:
    engine = TensorFlowEngine()
    copies = Split(*(np.array(array) for array in vars(small).values()))
    one = engine.open(Experiment(), small)
    assert engine.open(Experiment(), copies) is one
    wide = engine.open(Experiment(units=256), copies)
    assert wide is not one
    assert wide._train.images is one._train.images


def test_other_images_get_a_session_of_their_own(engine: Engine, small: Split) -> None:
    inverted = Split(255 - small.x_train, *list(vars(small).values())[1:])
    assert engine.open(Experiment(), inverted) is not engine.open(Experiment(), small)


def test_only_so_many_sessions_are_kept(monkeypatch: pytest.MonkeyPatch, small: Split) -> None:
    monkeypatch.setattr(tensorflow_engine, "MAX_SESSIONS", 2)
    engine = TensorFlowEngine()
    first, second, third = (Experiment(units=units) for units in (4, 5, 6))
    kept = engine.open(first, small)
    dropped = engine.open(second, small)
    assert engine.open(first, small) is kept
    engine.open(third, small)
    assert engine.open(first, small) is kept
    assert engine.open(second, small) is not dropped


@pytest.mark.parametrize("images", [1, 249, 251, 1000])
def test_evaluation_counts_every_image_once(engine: Engine, make_split: MakeSplit, images: int) -> None:
    split = make_split(60, images)
    session = engine.open(Experiment(units=16), split)
    loss, accuracy = session.evaluate("val")
    probabilities = session.predict("test")
    assert probabilities.shape == (images, 10)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert accuracy == pytest.approx((probabilities.argmax(axis=1) == split.y_val).mean())
    assert loss == pytest.approx(-np.log(probabilities[np.arange(images), split.y_val]).mean(), rel=1e-5)
    single = session.model(split.x_test[-1:].astype(np.float32) / 255)
    np.testing.assert_allclose(probabilities[-1], np.exp(single[0]) / np.exp(single[0]).sum(), rtol=1e-4)


def test_a_split_may_be_smaller_than_a_batch(engine: Engine, make_split: MakeSplit) -> None:
    outcome = train(engine, make_split(60, 50), Experiment(epochs=8, units=16, batch_size=128, learning_rate=0.01))
    assert outcome.summary.history["loss"][-1] < outcome.summary.history["loss"][0]


def test_weights_travel_there_and_back(engine: Engine, small: Split) -> None:
    session = engine.open(Experiment(), small)
    start = session.get_weights()
    assert {name: array.shape for name, array in start.items()} == {
        "dense_1/kernel": (784, 128),
        "dense_1/bias": (128,),
        "output/kernel": (128, 10),
        "output/bias": (10,),
    }
    before = session.evaluate("val")
    session.train_steps(seeding.order(1000, 128, 0, 1), 0, 8)
    assert not same_weights(session.get_weights(), start)
    session.set_weights(start)
    assert same_weights(session.get_weights(), start)
    assert session.evaluate("val") == before


def test_environment_says_what_computes(engine: Engine) -> None:
    environment = engine.environment()
    assert environment["backend"] == environment["engine"] == "tensorflow"
    assert environment["threads"] >= 1
    assert all(environment[name] for name in ("keras", "backend_version", "device"))


def test_a_missing_backend_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mnist_lab.training.tensorflow_engine", None)
    with pytest.raises(EngineError, match="TensorFlow cannot be used here"):
        load_engine()


def test_threads_cannot_be_chosen_late(engine: Engine) -> None:
    with pytest.raises(EngineError, match="in use already"):
        load_engine(threads=engine.environment()["threads"] + 1)
