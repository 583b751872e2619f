"""Every way that is installed here trains the same work, and tells of each epoch."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import race
from benchmarks.competitors.work import Work
from benchmarks.race import Way
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import DEFAULT

WAYS = [way for way in (race.LAB, race.FIT, race.FUSED_FIT, race.JAX_FIT, race.TORCH) if not way.missing]
DENSE = Work(DEFAULT.derive(train_size=2000), val_size=500, seconds=0, most=3)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_way_learns_what_the_others_learn(way: Way, tmp_path: Path) -> None:
    timing = race.race(way, DENSE, 1, tmp_path)
    (curve,) = timing.accuracies
    assert len(curve) == len(timing.seconds) + 1 >= 2
    assert 0.77 < curve[1] < 0.87


def test_several_processes_are_timed_together(tmp_path: Path) -> None:
    timing = race.race(race.MATMUL, Work(seconds=0), 2, tmp_path)
    assert len(timing.seconds) == len(timing.accuracies) == 2


def test_a_way_that_fails_says_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"nonsense failed: .*No module named"):
        race.race(Way("nonsense", "nonsense"), DENSE, 2, tmp_path)


def test_a_way_without_its_package_is_missing() -> None:
    assert Way("nonsense", "lab", ("tensorflow", "no_such_package")).missing == "no_such_package"
