"""What the long parts train, and what they make of it."""

from __future__ import annotations

import math
from pathlib import Path

import psutil
import pytest

from benchmarks.accuracy import standard_errors_apart
from benchmarks.report import trainings
from benchmarks.trainings import by_fit, by_the_lab
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.sections import SECTIONS


def test_the_report_is_every_preset_of_every_section_and_none_twice() -> None:
    experiments = [planned.experiment for planned in trainings()]
    assert set(experiments) == {preset(name) for section in SECTIONS for name in section.presets}
    assert len(set(experiments)) == len(experiments)
    assert any(experiment.early_stopping for experiment in experiments)


def test_the_lab_and_fit_train_what_they_are_asked_for(tmp_path: Path) -> None:
    small = DEFAULT.derive(train_size=1000, epochs=2)
    seconds, records = by_the_lab(["--set", "train_size=1000", "--epochs", "2"], tmp_path)
    assert [(record.experiment, record.epochs_run) for record in records] == [(small, 2)]
    assert seconds > sum(records[0].seconds.per_epoch)

    told: list[str] = []
    soon_over = small.derive(epochs=9, early_stopping=True, patience=0, min_delta=1000)
    _, fitted = by_fit([small, soon_over], "tensorflow", tmp_path, told.append)
    assert [training.epochs_run for training in fitted] == [2, 2], "the second of nine at most"
    assert all(0.6 < accuracy < 0.95 for accuracy in (records[0].result.val_accuracy or 0, fitted[0].val_accuracy))
    assert len(told) == 2
    known = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in known if str(tmp_path) in " ".join(command)]


def test_a_run_that_fails_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="There is no preset 'nonsense'"):
        by_the_lab(["--preset", "nonsense"], tmp_path)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ((1.0, 3.0), (1.0, 3.0), 0.0),
        ((1.0, 3.0), (4.0, 6.0), 3 / math.sqrt(2)),
        ((4.0, 6.0), (1.0, 3.0), 3 / math.sqrt(2)),
        ((1.0, 1.0), (1.0, 1.0), 0.0),
    ],
)
def test_means_are_apart_in_standard_errors(one: tuple[float, ...], other: tuple[float, ...], apart: float) -> None:
    assert standard_errors_apart(one, other) == pytest.approx(apart)
