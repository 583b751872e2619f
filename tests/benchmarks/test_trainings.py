"""What the long parts train, and how they compare it."""

from __future__ import annotations

import math
from pathlib import Path

import psutil
import pytest

from benchmarks.parts.accuracy import difference_in_standard_errors
from benchmarks.parts.report import report_trainings
from benchmarks.parts.trainings import run_fit, run_lab
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.sections import SECTIONS


def test_the_report_is_every_preset_of_every_section_and_none_twice() -> None:
    experiments = [planned.experiment for planned in report_trainings()]
    assert set(experiments) == {preset(name) for section in SECTIONS for name in section.presets}
    assert len(set(experiments)) == len(experiments)
    assert any(experiment.early_stopping for experiment in experiments)


def test_the_lab_and_fit_train_the_same_experiments(tmp_path: Path) -> None:
    small = DEFAULT.derive(train_size=1000, epochs=2)
    seconds, records = run_lab(["--set", "train_size=1000", "--epochs", "2"], tmp_path)
    assert [(record.experiment, record.epochs_run) for record in records] == [(small, 2)]
    assert seconds > sum(records[0].seconds.per_epoch)

    lines: list[str] = []
    stops_early = small.derive(epochs=9, early_stopping=True, patience=0, min_delta=1000)
    _, fitted = run_fit([small, stops_early], "tensorflow", tmp_path, lines.append)
    assert [result.epochs_run for result in fitted] == [2, 2], "the second of nine at most"
    assert all(0.6 < accuracy < 0.95 for accuracy in (records[0].result.val_accuracy or 0, fitted[0].val_accuracy))
    assert len(lines) == 2
    known = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in known if str(tmp_path) in " ".join(command)]


def test_a_run_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="There is no preset 'nonsense'"):
        run_lab(["--preset", "nonsense"], tmp_path)


@pytest.mark.parametrize(
    ("first", "second", "difference"),
    [
        ((1.0, 3.0), (1.0, 3.0), 0.0),
        ((1.0, 3.0), (4.0, 6.0), 3 / math.sqrt(2)),
        ((4.0, 6.0), (1.0, 3.0), 3 / math.sqrt(2)),
        ((1.0, 1.0), (1.0, 1.0), 0.0),
    ],
)
def test_means_are_compared_in_standard_errors(
    first: tuple[float, ...], second: tuple[float, ...], difference: float
) -> None:
    assert difference_in_standard_errors(first, second) == pytest.approx(difference)
