"""What early stopping would have done is what it does: the same seed, really stopped early, is the oracle."""

from __future__ import annotations

import math

import pytest

from mnist_lab.analysis import replay
from mnist_lab.data import dataset, splits
from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import METRICS
from mnist_lab.training.early_stopping import EarlyStopping
from tests.factories import make_record

CURVE = [0.9, 0.5, 0.4, 0.41, 0.42, 0.3, 0.31]
ACCURACY = [0.7, 0.8, 0.90, 0.91, 0.89, 0.93, 0.92]


def record(epochs: int = len(CURVE), **changes: object):  # type: ignore[no-untyped-def]
    history = dict.fromkeys(METRICS, CURVE) | {"val_accuracy": ACCURACY}
    return make_record(changes={"epochs": epochs, **changes}, history=history, epochs_run=len(CURVE))


def test_it_says_where_it_would_have_stopped_what_it_would_have_kept_and_what_that_costs() -> None:
    found = replay.replay(record(), EarlyStopping("val_loss", patience=2))
    assert (found.stopped_at, found.kept, found.epochs_saved, found.too_short) == (5, 3, 2, False)
    assert math.isclose(found.given_up, 0.02)
    assert replay.in_words(found) == (
        "With patience 2 on val_loss it would have stopped after epoch 5, 2 epochs earlier, and kept epoch 3: 90.00 % "
        "validation accuracy, 2.00 points less than its last epoch has."
    )


def test_a_rule_that_never_stops_keeps_the_best_epoch_of_a_whole_curve() -> None:
    found = replay.replay(record(), EarlyStopping("val_loss", patience=5))
    assert (found.stopped_at, found.kept, found.epochs_saved) == (None, 6, 0)
    assert "to the end, and kept epoch 6" in replay.in_words(found)


def test_a_curve_that_was_cut_off_is_too_short_to_tell() -> None:
    found = replay.replay(record(epochs=20), EarlyStopping("val_loss", patience=5))
    assert found.too_short
    assert "too early to tell" in replay.in_words(found)
    assert not replay.replay(record(epochs=20), EarlyStopping("val_loss", patience=2)).too_short


def test_without_a_whole_epoch_there_is_nothing_to_replay() -> None:
    empty = make_record(history={metric: [] for metric in METRICS}, epochs_run=0)
    with pytest.raises(UsageError, match="no whole epoch"):
        replay.replay(empty, EarlyStopping("val_loss", patience=2))


def test_the_rule_is_the_run_s_own_with_what_is_changed() -> None:
    early = DEFAULT.derive(early_stopping=True, patience=7, min_delta=0.01)
    assert replay.rule_for(early, patience=None) == EarlyStopping("val_loss", 7, 0.01)
    assert replay.rule_for(DEFAULT, patience="3", monitor="val_accuracy") == EarlyStopping("val_accuracy", 3)
    with pytest.raises(UsageError, match="patience takes"):
        replay.rule_for(DEFAULT, patience=-1)


def test_a_real_training_of_the_same_seed_stops_there_and_keeps_that() -> None:
    from mnist_lab.training.loading import load_engine
    from mnist_lab.training.loop import Training

    engine = load_engine()
    split = splits.split(dataset.load(), "report", 1280, False)

    def trained(**changes: object):  # type: ignore[no-untyped-def]
        training = Training(DEFAULT.derive(train_size=1280, epochs=20, learning_rate=0.02, **changes), split, engine)
        assert list(training.events())
        return training.outcome.summary

    whole, early = trained(), trained(early_stopping=True, patience=1)
    assert early.stopped_early
    curve = make_record(changes={"epochs": 20}, history=whole.history, epochs_run=20)
    found = replay.replay(curve, EarlyStopping("val_loss", patience=1))
    assert (found.stopped_at, found.kept) == (early.epochs_run, early.best_epoch)
    assert found.val_accuracy == early.result.val_accuracy
