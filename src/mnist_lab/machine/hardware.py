"""The machine's processors, memory and GPU, and their load."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mnist_lab.formatting import plural
from mnist_lab.machine import cgroups

# psutil is imported where it is used, so that the first frame does not wait for it.


@dataclass(frozen=True)
class Load:
    """Load of the GPU, or else of the processors, at one moment.

    Attributes:
        device: Name of the GPU, or number of processors.
        busy: Utilization, 0 to 1.
        used, total: Bytes of its memory.
    """

    device: str
    busy: float
    used: int
    total: int


@dataclass(frozen=True)
class Memory:
    """Total and free memory in bytes, within the limit of the container."""

    total: int
    available: int


def memory() -> Memory:
    """Memory of this machine, or of a control group of this process where that has less."""
    import psutil

    found = psutil.virtual_memory()
    total, available = found.total, found.available
    for allowed, used in cgroups.memory():
        total, available = min(total, allowed), min(available, max(0, allowed - used))
    return Memory(total, available)


@cache
def processor() -> str:
    """Model name of the processor; its architecture where that cannot be read."""
    known = platform.processor() or platform.machine()
    with suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        known = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), known)
    return known


def name() -> str:
    """Number and model name of the processors, which identifies the machine of a measured speed."""
    return f"{os.cpu_count()} × {processor()}"


@cache
def has_gpu() -> bool:
    """Whether TensorFlow will train on a GPU here, judged without importing it.

    It needs a driver and NVIDIA's libraries, and CUDA sees no GPU where its ``CUDA_VISIBLE_DEVICES`` is empty.
    """
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES") in {"", "-1"}
    return not hidden and any(Path("/dev").glob("nvidia[0-9]*")) and find_spec("nvidia") is not None


def load() -> Load:
    """Load of the first GPU that NVIDIA's library finds, else of the processors since the last call."""
    found = _gpu_load()
    if found is not None:
        return found
    import psutil

    memory = psutil.virtual_memory()
    cores = psutil.cpu_count() or 1
    return Load(plural(cores, "CPU"), psutil.cpu_percent() / 100, memory.total - memory.available, memory.total)


def _gpu_load() -> Load | None:
    nvml = _nvml()
    if nvml is None:
        return None
    with suppress(nvml.NVMLError):
        handle = _gpu_handle(nvml, 0)
        name = nvml.nvmlDeviceGetName(handle)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        busy = nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
        return Load(name if isinstance(name, str) else name.decode(), busy, memory.used, memory.total)
    return None


def gpu_memory_free(index: int) -> int | None:
    """Bytes of a GPU's memory that no process uses now; None where they are not known.

    Args:
        index: Its number among the GPUs that ``CUDA_VISIBLE_DEVICES`` leaves this process, from 0.
    """
    nvml = _nvml()
    if nvml is None:
        return None
    with suppress(nvml.NVMLError):
        return int(nvml.nvmlDeviceGetMemoryInfo(_gpu_handle(nvml, index)).free)
    return None


def _gpu_handle(nvml: Any, index: int) -> Any:
    """NVML's handle of a GPU that this process sees; NVML itself counts all there are."""
    visible = [name.strip() for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    name = visible[index] if index < len(visible) else str(index)
    return nvml.nvmlDeviceGetHandleByIndex(int(name)) if name.isdigit() else nvml.nvmlDeviceGetHandleByUUID(name)


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
