"""Curves over seeds."""

from __future__ import annotations

import pytest

from mnist_lab.analysis.statistics.arms import arm_of
from mnist_lab.analysis.statistics.metrics import RUN_METRICS
from mnist_lab.report.curves import EarlyStop, mean_curve
from tests.factories import make_record


def run(seed: int, *accuracies: float, **fields: object):  # type: ignore[no-untyped-def]
    ones = [1.0] * len(accuracies)
    curves = {"loss": ones, "accuracy": ones, "val_loss": ones, "val_accuracy": list(accuracies)}
    changes = {"seed": seed} | fields.pop("changes", {})  # type: ignore[operator]
    return make_record(changes=changes, history=curves, epochs_run=len(accuracies), **fields)


def test_the_line_is_the_mean_and_the_band_reaches_from_the_lowest_seed_to_the_highest() -> None:
    curve = mean_curve("relu", [run(0, 0.9, 0.96), run(1, 0.92, 0.97), run(2, 0.94, 0.95)], "val_accuracy")
    assert curve.mean == pytest.approx((0.92, 0.96))
    assert (curve.low, curve.high) == ((0.9, 0.95), (0.94, 0.97))
    assert curve.stops == ()


def test_a_seed_that_was_trained_twice_counts_once_and_one_that_diverged_not_at_all() -> None:
    first = run(0, 0.9, run_id="0" * 26)
    again, lost = run(0, 0.5, run_id="1" * 26), run(1, 0.1, status="diverged")
    assert mean_curve("relu", [again, lost, first], "val_accuracy").mean == (0.9,)


def test_a_seed_that_diverged_and_was_trained_again_is_not_drawn_and_is_counted_in_its_arm() -> None:
    lost = run(0, 0.1, status="diverged", run_id="0" * 26)
    again, other = run(0, 0.9, run_id="1" * 26), run(1, 0.8, run_id="2" * 26)
    curve = mean_curve("lr-0.1", [again, other, lost], "val_accuracy")
    assert curve.mean == (0.8,)
    arm = arm_of("lr-0.1", [again, other, lost], RUN_METRICS["last_val_accuracy"].value_of)
    assert (arm.values, arm.diverged) == ({1: 0.8}, 1)


def test_with_early_stopping_the_mean_ends_with_the_first_to_stop_and_every_stop_is_kept() -> None:
    stopping = {"early_stopping": True}
    runs = [
        run(0, 0.9, 0.95, 0.94, changes=stopping, best_epoch=2),
        run(1, 0.92, 0.91, changes=stopping, best_epoch=1),
    ]
    curve = mean_curve("dense-early", runs, "val_accuracy")
    assert len(curve.mean) == 2
    assert curve.stops == (EarlyStop(2, 0.95, 3, 0.94), EarlyStop(1, 0.92, 2, 0.91))


def test_without_runs_it_is_empty() -> None:
    assert mean_curve("relu", [], "val_loss").mean == ()
