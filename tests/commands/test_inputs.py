"""What the shared options mean where they are given, and where a variable speaks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_lab.commands.inputs import placement_here, runs_folder
from mnist_lab.errors import UsageError


def test_the_runs_folder_is_the_one_named_else_the_variable_s_else_saved_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_RUNS", "elsewhere")
    assert runs_folder(Path("named")) == Path("named")
    assert runs_folder(None) == Path("elsewhere")
    monkeypatch.setenv("MNIST_LAB_RUNS", "")
    assert runs_folder(None) == Path("saved_runs")


def test_an_option_stands_before_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"WORKERS": "5", "THREADS": "3", "LANES": ""}.items():
        monkeypatch.setenv(f"MNIST_LAB_{name}", value)
    placement = placement_here(workers=2)
    assert (placement.workers, placement.threads, placement.lanes) == (2, 3, None)


@pytest.mark.parametrize("value", ["many", "0", "1025", "-1", "1.5"])
def test_a_variable_that_is_no_such_number_is_wrong_usage(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_LANES", value)
    with pytest.raises(UsageError, match="MNIST_LAB_LANES takes a whole number from 1 to 1024"):
        placement_here()
