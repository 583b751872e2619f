"""What is gained by choosing the epoch on the test images."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mnist_lab.analysis.statistics.optimism import by_recipe, highest, lowest, optimism, optimism_of, sentence
from mnist_lab.experiments.record import METRICS, Record
from tests.factories import make_record


def test_it_is_the_accuracy_between_the_two_choices() -> None:
    accuracy = [0.970, 0.978, 0.981, 0.979]
    assert optimism(accuracy, [0.09, 0.08, 0.06, 0.07], [0.09, 0.07, 0.08, 0.08]) == pytest.approx(0.003)
    assert optimism(accuracy, accuracy, [0.96, 0.97, 0.97, 0.98], highest) == pytest.approx(0.002)
    assert optimism(accuracy, [0.09, 0.06, 0.08, 0.07], [0.09, 0.08, 0.06, 0.07]) == pytest.approx(-0.003)
    assert optimism(accuracy, [4, 3, 2, 1], [8, 6, 4, 2]) == 0.0


def test_of_equal_epochs_the_first_is_chosen_and_nan_never() -> None:
    assert lowest([0.3, 0.1, 0.1]) == 2
    assert lowest([math.nan, 0.3, math.nan, 0.2]) == 4
    assert highest([math.nan, 0.9, 0.9]) == 2


@pytest.mark.parametrize("curves", [([], [], []), ([0.9], [0.1], [0.1, 0.2]), ([0.9, 0.9], [0.1], [0.1])])
def test_curves_of_different_trainings_are_refused(curves: tuple[list[float], list[float], list[float]]) -> None:
    with pytest.raises(ValueError, match="must be those of one training"):
        optimism(*curves)


def run(seed: int = 0, gain: float = 0.002, **fields: Any) -> Record:
    """A holdout run whose test images would have chosen its third epoch, and whose validation chose its second."""
    changes = {"protocol": "holdout", "epochs": 3, "seed": seed} | fields.pop("changes", {})
    history = {metric: [0.3, 0.2, 0.1] for metric in METRICS} | {
        "val_loss": [0.3, 0.1, 0.2],
        "val_accuracy": [0.99, 0.97, 0.98],
    }
    curves = {"loss": [0.3, 0.2, 0.1], "accuracy": [0.95, 0.97, 0.97 + gain]}
    return make_record(**{"changes": changes, "history": history, "epochs_run": 3, "test_history": curves} | fields)


def test_of_a_run_the_epoch_is_chosen_by_what_it_watched() -> None:
    by_accuracy = {"early_stopping": True, "monitor": "val_accuracy"}
    assert optimism_of(run()) == pytest.approx(0.002)
    assert optimism_of(run(changes=by_accuracy)) == pytest.approx(0.022)
    assert optimism_of(run(), "val_accuracy") == pytest.approx(0.022)
    assert optimism_of(run(changes=by_accuracy), "val_loss") == pytest.approx(0.002)


@pytest.mark.parametrize(
    "fields",
    [{"changes": {"protocol": "report"}}, {"test_history": None}, {"status": "stopped"}],
    ids=["no images held out", "no test curve", "not to its end"],
)
def test_a_run_without_the_curves_is_left_out(fields: dict[str, Any]) -> None:
    assert optimism_of(run(**fields)) is None
    assert by_recipe([run(**fields)]) == []


def test_recipes_are_separated_and_seeds_are_not() -> None:
    gains = [0.001, 0.002, 0.003]
    runs = [run(seed, gain) for seed, gain in enumerate(gains)]
    default, conv = by_recipe([*runs, run(changes={"network": "conv"})])
    assert default.arm.values == pytest.approx(dict(enumerate(gains)))
    assert default.summary.mean == pytest.approx(0.002)
    assert (conv.arm.n, conv.summary.interval) == (1, None)
    assert "conv" in conv.arm.name


def test_the_sentence_says_what_may_be_chance() -> None:
    [sure] = by_recipe([run(seed, gain) for seed, gain in enumerate([0.0019, 0.0020, 0.0021])])
    [unsure] = by_recipe([run(seed, gain) for seed, gain in enumerate([-0.003, 0.002, 0.003])])
    [lone] = by_recipe([run()])
    assert "adds 0.20 points (95 % interval 0.18 to 0.22 points, 3 seeds) to the reported accuracy." in sentence(sure)
    assert "which may be chance" in sentence(unsure)
    assert "too few" in sentence(lone)
