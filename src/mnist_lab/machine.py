"""What the machine is doing: processors, memory, and the GPU where there is one."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

import psutil


@dataclass(frozen=True)
class Load:
    """A machine at one moment.

    Attributes:
        device: What it computes with, in words.
        busy: Its load, 0 to 1.
        used, total: Bytes of its memory.
    """

    device: str
    busy: float
    used: int
    total: int


def load() -> Load:
    """The first GPU where NVIDIA's library sees one, else the processors since the last call."""
    found = _gpu_load()
    if found is not None:
        return found
    memory = psutil.virtual_memory()
    cores = psutil.cpu_count() or 1
    device = f"{cores} CPU{'' if cores == 1 else 's'}"
    return Load(device, psutil.cpu_percent() / 100, memory.total - memory.available, memory.total)


def _gpu_load() -> Load | None:
    nvml = _nvml()
    if nvml is None:
        return None
    with suppress(nvml.NVMLError):
        handle = nvml.nvmlDeviceGetHandleByIndex(0)
        name = nvml.nvmlDeviceGetName(handle)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        busy = nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
        return Load(name if isinstance(name, str) else name.decode(), busy, memory.used, memory.total)
    return None


@cache
def _nvml() -> Any | None:
    """NVIDIA's management library; None without the extra ``gpu`` or without a driver."""
    try:
        import pynvml
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    return pynvml
