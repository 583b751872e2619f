"""An arm is what the runs of one recipe have come to."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mnist_lab.analysis.statistics.arms import Arm, arm_of
from mnist_lab.analysis.statistics.metrics import RUN_METRICS, run_metric
from mnist_lab.errors import UsageError
from mnist_lab.experiments.record import Record, Result
from tests.factories import make_record

VAL_ACCURACY = RUN_METRICS["val_accuracy"].value_of


def run(seed: int, val_accuracy: float = 0.97, **fields: Any) -> Record:
    changes = fields.pop("changes", {})
    return make_record(changes={"seed": seed, **changes}, val_accuracy=val_accuracy, **fields)


def test_an_arm_has_the_values_of_its_finished_runs_by_seed() -> None:
    arm = arm_of("relu", [run(2, 0.98), run(0, 0.97)], VAL_ACCURACY)
    assert (arm.name, arm.values, arm.n, arm.diverged) == ("relu", {0: 0.97, 2: 0.98}, 2, 0)


def test_runs_that_diverged_are_counted_and_broken_ones_are_not() -> None:
    runs = [run(0), run(1, status="diverged"), run(2, status="stopped"), run(3, status="failed")]
    arm = arm_of("relu", runs, VAL_ACCURACY)
    assert (arm.values, arm.diverged) == ({0: 0.97}, 1)


def test_of_several_runs_of_a_seed_the_first_that_was_asked_for_counts() -> None:
    first, again = run(0, 0.97), run(0, 0.99)
    stopped = run(1, 0.99, status="stopped")
    runs = [again, first, run(1, 0.96), stopped, run(2, status="diverged"), run(2, 0.99)]
    arm = arm_of("relu", runs, VAL_ACCURACY)
    assert (arm.values, arm.diverged) == ({0: 0.97, 1: 0.96}, 1)


@pytest.mark.parametrize("nothing", [None, math.nan, math.inf])
def test_a_run_without_a_value_is_left_out(nothing: float | None) -> None:
    val_loss = run_metric("val_loss").value_of
    assert arm_of("relu", [run(0, result=Result(val_loss=nothing)), run(1)], val_loss).values == {1: 0.08}


def test_a_value_that_is_not_finite_is_refused_where_no_run_explains_it() -> None:
    with pytest.raises(ValueError, match="relu has nan for seed 3"):
        Arm("relu", {3: math.nan})


def test_runs_of_one_architecture_begin_alike_whatever_else_they_change() -> None:
    relu, gelu, wide = (
        arm_of("", [run(0, changes=changes)], VAL_ACCURACY)
        for changes in ({}, {"activation": "gelu", "batch_size": 32}, {"units": 256})
    )
    assert relu.architecture == gelu.architecture != wide.architecture
    with pytest.raises(ValueError, match="2 architectures"):
        arm_of("both", [run(0), run(1, changes={"units": 256})], VAL_ACCURACY)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("val_accuracy", 0.97),
        ("test_accuracy", 0.96),
        ("last_val_accuracy", 0.95),
        ("best_val_accuracy", 0.98),
        ("val_loss", 0.08),
        ("last_val_loss", 0.09),
        ("best_val_loss", 0.07),
        ("epochs_run", 3),
        ("best_epoch", 2),
    ],
)
def test_every_metric_is_read_from_its_place_in_the_record(name: str, expected: float) -> None:
    history = {
        "loss": [0.1] * 3,
        "accuracy": [0.9] * 3,
        "val_loss": [0.3, 0.07, 0.09],
        "val_accuracy": [0.9, 0.98, 0.95],
    }
    assert run_metric(name).value_of(run(0, history=history, epochs_run=3, best_epoch=2)) == expected


@pytest.mark.parametrize("name", RUN_METRICS)
def test_a_run_without_an_epoch_has_no_metric_but_its_number_of_epochs(name: str) -> None:
    nowhere = run(0, history={}, epochs_run=0, result=Result())
    assert run_metric(name).value_of(nowhere) == (0 if name == "epochs_run" else None)


def test_an_unknown_metric_is_refused_with_a_list_of_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no metric 'acc' .* val_accuracy, test_accuracy"):
        run_metric("acc")
