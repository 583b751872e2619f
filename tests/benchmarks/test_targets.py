"""The bounds, and how measurements are compared with them."""

from __future__ import annotations

import pytest

from benchmarks.benchmark import PARTS
from benchmarks.measurements import Measurement
from benchmarks.parts.epoch import CASES
from benchmarks.targets import TARGETS, Target, evaluate

BOUNDS = {
    ("epoch/dense-b128/lab/1", 7),
    ("epoch/dense-b128/lab/all", 11),
    ("epoch/dense-b128/lab/all", 7),
    ("epoch/dense-b128/lab/all", 2.5),
    ("epoch/dense-b128/lab/all", 1.4),
    ("epoch/dense-b32/lab/all", 12),
    ("epoch/conv-float32/lab/all", 1.5),
    ("epoch/conv-bfloat16/lab/all", 2.7),
    ("accuracy/bfloat16-difference", 2.31),
    ("epoch/dense-dropout/lab/1", 1.5),
    ("report/dense/lab", 8),
    ("report/all/lab", 3),
    ("start/first-epoch/seen", 0.8),
    ("start/first-epoch/new", 2.5),
    ("start/first-epoch/cold", 1),
    ("start/phases-not-shown", 0),
    ("start/help/lab", 1.5),
    ("start/first-paint/lab", 1.8),
    ("screen/key-to-repaint/p95", 60),
    ("screen/traffic/80x24", 4),
    ("screen/traffic/120x36", 8),
    ("store/list/10000/cold", 2),
    ("store/compare/10000/cold", 2),
    ("store/list/10000/warm", 0.3),
    ("store/compare/10000/warm", 0.3),
    ("store/new-run-shows/10000", 0.2),
    ("queue/worker/rest", 2),
    ("queue/frontend/rest", 2),
    ("queue/worker/change", 50),
    ("queue/frontend/change", 50),
    ("queue/claims", 20),
    ("gpu/lab", 30),
}
"""The bounds that were set before anything was measured."""


def measurements(**values: float) -> dict[str, Measurement]:
    return {key: Measurement(key, key, "s", (value,)) for key, value in values.items()}


def test_every_bound_that_was_set_is_a_target_of_some_part() -> None:
    assert {(target.measurement, target.bound) for target in TARGETS} == BOUNDS
    assert {target.part for target in TARGETS} <= set(PARTS)


def test_the_part_epoch_measures_all_that_its_targets_name() -> None:
    measured = {f"epoch/{case.key}/{competitor}/1" for case in CASES for competitor in case.single}
    measured |= {f"epoch/{case.key}/{competitor}/all" for case in CASES for competitor in case.parallel}
    measured |= {f"epoch/{case.key}/floor/{count}" for case in CASES for count in ("1", "all")}
    named = {key for target in TARGETS if target.part == "epoch" for key in (target.measurement, *target.baselines)}
    assert named <= measured


@pytest.mark.parametrize(
    ("target", "reached", "met"),
    [
        (Target("", "ours", 2), 2.0, True),
        (Target("", "ours", 1.9), 2.0, False),
        (Target("", "ours", 3, ("stock",), speedup=True), 3.0, True),
        (Target("", "ours", 3.1, ("stock",), speedup=True), 3.0, False),
        (Target("", "stock", 3, ("ours",)), 3.0, True),
        (Target("", "stock", 2.9, ("ours",)), 3.0, False),
        (Target("", "ours", 2, ("stock", "best", "missing"), speedup=True), 1.5, False),
        (Target("", "missing", 2), None, None),
        (Target("", "ours", 2, ("missing",)), None, None),
    ],
)
def test_a_target_is_met_missed_or_not_measured(target: Target, reached: float | None, met: bool | None) -> None:
    (result,) = evaluate(measurements(ours=2.0, stock=6.0, best=3.0), (target,))
    assert (result.reached, result.met) == (reached, met)
