from __future__ import annotations

import sys
from collections.abc import Callable
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


@pytest.mark.parametrize(
    ("visible", "index", "free"),
    [(None, 0, 10), (None, 1, 11), ("1", 0, 11), ("1, 0", 1, 10), ("GPU-b", 0, 11), ("", 1, 11), (None, 2, None)],
)
def test_the_free_memory_of_a_gpu_is_that_of_the_one_this_process_sees(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, index: int, free: int | None
) -> None:
    def handle(known: list[object]) -> Callable[[object], int]:
        def find(name: object) -> int:
            if name not in known:
                raise RuntimeError("no such GPU")
            return known.index(name)

        return find

    nvml = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByIndex=handle([0, 1]),
        nvmlDeviceGetHandleByUUID=handle(["GPU-a", "GPU-b"]),
        nvmlDeviceGetMemoryInfo=lambda found: SimpleNamespace(free=10 + found),
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert hardware.gpu_memory_free(index) == free


def test_without_a_gpu_its_free_memory_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert hardware.gpu_memory_free(0) is None
