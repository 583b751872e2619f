"""A diagnosis of a machine, with a backend that sees what it is told."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from mnist_lab.workers.diagnosis import Finding, diagnose
from mnist_lab.workers.placement import Placement


def findings(monkeypatch: pytest.MonkeyPatch, runs: Path, *, on_gpu: bool, device: str) -> dict[str, Finding]:
    known = dict.fromkeys(("keras", "backend", "backend_version", "engine"), "x") | {"device": device, "threads": 1}
    engine = SimpleNamespace(on_gpu=on_gpu, environment=lambda: known)
    monkeypatch.setattr("mnist_lab.training.loading.load_engine", lambda threads: engine)
    return {found.what: found for found in diagnose(runs, Placement(), "xterm")}


@pytest.mark.parametrize("device", ["NVIDIA RTX 4090", "Tesla T4", "NVIDIA H100 80GB HBM3"])
def test_a_gpu_is_seen_whatever_it_is_called(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, device: str) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/nvidia-smi")
    found = findings(monkeypatch, tmp_path / "runs", on_gpu=True, device=device)
    assert found["device"] == Finding("device", device, advice="Training uses it because TensorFlow sees it.")
    assert "bfloat16" not in found


def test_a_processor_named_after_a_gpu_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/nvidia-smi")
    found = findings(monkeypatch, tmp_path / "runs", on_gpu=False, device="Ryzen with integrated GPU")
    assert "TensorFlow sees no GPU" in found["device"].advice


def test_a_system_without_processor_affinity_is_diagnosed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    found = findings(monkeypatch, tmp_path / "runs", on_gpu=False, device="Apple M4")
    assert found["threads"].value == f"1 of {os.cpu_count()} processors open to this process"
