"""What is gained by choosing the epoch on the test images."""

from __future__ import annotations

import math

import pytest

from mnist_lab.evidence.optimism import highest, lowest, optimism


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
