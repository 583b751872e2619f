"""What the shared options mean where they are given, and where a variable speaks for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mnist_lab.commands.inputs import runs_folder


def test_the_runs_folder_is_the_one_named_else_the_variable_s_else_saved_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_RUNS", "elsewhere")
    assert runs_folder(Path("named")) == Path("named")
    assert runs_folder(None) == Path("elsewhere")
    monkeypatch.setenv("MNIST_LAB_RUNS", "")
    assert runs_folder(None) == Path("saved_runs")
