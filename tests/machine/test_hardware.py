from __future__ import annotations

import sys
from types import SimpleNamespace

import psutil
import pytest

from mnist_lab.machine import hardware


@pytest.fixture(autouse=True)
def _fresh() -> None:
    hardware._nvml.cache_clear()


def test_without_a_gpu_the_load_is_of_processors_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    load = hardware.load()
    assert "CPU" in load.device
    assert 0 <= load.busy <= 1
    assert 0 < load.used < load.total == psutil.virtual_memory().total


def test_the_load_of_a_gpu_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    # the one seam: this machine has no GPU to ask
    nvml = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetName=lambda handle: b"NVIDIA RTX 4090",
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used=4_100_000_000, total=24_000_000_000),
        nvmlDeviceGetUtilizationRates=lambda handle: SimpleNamespace(gpu=38),
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    assert hardware.load() == hardware.Load("NVIDIA RTX 4090", 0.38, 4_100_000_000, 24_000_000_000)


def test_a_gpu_that_does_not_answer_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError

    monkeypatch.setitem(sys.modules, "pynvml", SimpleNamespace(NVMLError=RuntimeError, nvmlInit=broken))
    assert "CPU" in hardware.load().device
