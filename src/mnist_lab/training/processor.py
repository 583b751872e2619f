"""The processor that computes where there is no GPU."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def cores() -> int:
    """Processors this process may use: as many threads as a backend takes where it is not told."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def name() -> str:
    """The processor's name, as its maker has it where that can be read."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())
