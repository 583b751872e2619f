"""What a benchmark ran on: the machine, and the versions of the lab and of the packages that matter."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

import psutil

from benchmarks import processes
from mnist_lab import __version__
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.formatting import commit
from mnist_lab.machine.hardware import processor
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.provenance import git_commit

_VECTOR_FLAGS = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16")
_PACKAGES = ("tensorflow", "keras", "jax", "torch", "numpy", "pandas", "textual", "rich", "typer")


def machine() -> dict[str, str]:
    """Facts about this machine, as text by name."""
    cores, all_cores = len(processes.cores()), psutil.cpu_count() or 1
    return {
        "processor": processor(),
        "vector instructions": ", ".join(_vector_flags()) or "unknown",
        "cores": str(cores) if cores == all_cores else f"{cores} of {all_cores}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "workers": _workers(),
        "load before": ", ".join(f"{load:.2f}" for load in psutil.getloadavg()),
    }


def _workers() -> str:
    """How the lab would spread a section of five runs over this machine."""
    texts, placement = [], Placement.here()
    for network in ("dense", "conv"):
        threads = placement.threads_for([DEFAULT.derive(network=network)] * 5)[0]
        texts.append(f"{network} {placement.slots(threads)} of {threads or 'all'} threads")
    return f"{'; '.join(texts)} ({'as measured' if placement.speeds else 'guessed'})"


def _vector_flags() -> list[str]:
    """The vector instructions of this processor that decide how fast matrices are multiplied (Linux)."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    flags = {flag for line in lines if line.startswith("flags") for flag in line.split()}
    return [name for name in _VECTOR_FLAGS if name in flags]


def versions() -> dict[str, str]:
    """Versions of the lab (with its commit, in a git checkout), of Python and of each package."""
    known = git_commit()
    found = {
        "mnist-lab": f"{__version__} ({commit(known, 12)})" if known else __version__,
        "python": platform.python_version(),
    }
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
