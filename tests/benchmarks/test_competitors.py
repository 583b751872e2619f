"""Every competitor that is installed here trains the same workload, and reports each epoch."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks import processes
from benchmarks.competitors.workload import Workload
from benchmarks.parts import epoch_timing
from benchmarks.parts.epoch_timing import Competitor, time_epochs
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import DEFAULT

INSTALLED = [
    competitor
    for competitor in (
        epoch_timing.LAB,
        epoch_timing.FIT,
        epoch_timing.FUSED_FIT,
        epoch_timing.JAX_FIT,
        epoch_timing.TORCH,
    )
    if not competitor.missing_package
]
DENSE = Workload(DEFAULT.derive(train_size=2000), val_size=500, seconds=0, max_epochs=3)
MODULES = "; import sys; print(*{name.partition('.')[0] for name in sys.modules})"


@pytest.mark.parametrize("competitor", INSTALLED, ids=lambda competitor: competitor.name)
def test_a_competitor_learns_what_the_others_learn(competitor: Competitor, tmp_path: Path) -> None:
    times = time_epochs(competitor, DENSE, 1, tmp_path)
    (curve,) = times.accuracies
    assert len(curve) == len(times.seconds) + 1 >= 2
    assert 0.77 < curve[1] < 0.87


def test_several_processes_are_timed_together(tmp_path: Path) -> None:
    times = time_epochs(epoch_timing.MATMUL, Workload(seconds=0), 2, tmp_path)
    assert len(times.seconds) == len(times.accuracies) == 2


def test_a_competitor_that_fails_is_reported_with_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"nonsense failed: .*No module named"):
        time_epochs(Competitor("nonsense", "nonsense"), DENSE, 2, tmp_path)


def test_a_competitor_without_its_package_is_missing_it() -> None:
    assert Competitor("nonsense", "lab", ("tensorflow", "no_such_package")).missing_package == "no_such_package"


@pytest.mark.parametrize("name", ["bare_textual", "bare_typer", "stock_script"])
def test_a_script_runs_without_the_package_of_the_lab(name: str, tmp_path: Path) -> None:
    *python, path = processes.script(name)
    load = f"import runpy; runpy.run_path({path!r}, run_name='a_script')"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [*python, "-c", load + MODULES]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path).stdout
    assert not {"benchmarks", "mnist_lab"} & set(loaded.split())
