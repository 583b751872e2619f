"""A new measurement is one declaration in one module: everything else that there is of it follows."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import mnist_lab
from tests.commands.lab import SMALL, Lab

DECLARED = """
MEASUREMENTS["weight_sums"] = Measurement(
    "weight_sums",
    "Add up the weights of each layer.",
    lambda network: {name: float(abs(values).sum()) for name, values in network.get_weights().items()},
    key="sums",
)
"""
MEASURED = ("--weight-sums", "--keep", "record", *SMALL)


@pytest.fixture(scope="module")
def extended_lab(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Lab]:
    """The lab in whose source one measurement more is declared. All its other modules are as they are."""
    folder = tmp_path_factory.mktemp("extended")
    package = folder / "source" / "mnist_lab"
    skipped = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(mnist_lab.__file__).parent, package, copy_function=os.symlink, ignore=skipped)
    module = package / "experiments" / "measurements.py"
    source = module.read_text()
    module.unlink()
    module.write_text(source + DECLARED)
    lab = Lab(folder / "runs", cache)
    lab.environment["PYTHONPATH"] = str(package.parent)
    yield lab
    lab.close()


def test_a_measurement_that_is_declared_can_be_asked_for_and_is_kept(extended_lab: Lab) -> None:
    lab = extended_lab
    assert "--weight-sums" in lab("run", "--help").out
    [plain] = lab.records(*SMALL)
    [record] = lab.records(*MEASURED)
    assert (plain["sums"], record["test_history"]) == (None, None)
    assert list(record["sums"]) == ["dense_1/kernel", "dense_1/bias", "output/kernel", "output/bias"]
    assert all(len(values) == 2 and min(values) > 0 for values in record["sums"].values())
    request = json.loads((lab.store.folder(record["id"]) / "request.json").read_text())
    assert (request["weight_sums"], request["test_curve"]) == (True, False)


def test_a_study_that_wants_it_uses_the_runs_that_have_it(extended_lab: Lab) -> None:
    lab, study = extended_lab, ("--vary", "units=8,9", "--seeds", 2)
    lab("run", *study, *SMALL)
    assert "4 trainings, of which 0 are saved and used, 4 are trained now" in lab("run", *study, *MEASURED).err
    for options in (MEASURED, SMALL):
        assert "all 4 trainings are saved; nothing is left to train" in lab("run", *study, *options).err
