"""What a benchmark ran on: the machine, and the versions of all that counts."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

import psutil

from benchmarks import children
from mnist_lab import __version__
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.machine.hardware import processor
from mnist_lab.workers import placement
from mnist_lab.workers.provenance import git_commit

_VECTORS = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16")
_PACKAGES = ("tensorflow", "keras", "jax", "torch", "numpy", "pandas", "textual", "rich", "typer")


def machine() -> dict[str, str]:
    """Each fact by its name, in words."""
    cores, all_cores = len(children.cores()), psutil.cpu_count() or 1
    return {
        "processor": processor(),
        "arithmetic": ", ".join(_arithmetic()) or "unknown",
        "cores": str(cores) if cores == all_cores else f"{cores} of {all_cores}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "workers": _workers(),
        "load before": ", ".join(f"{load:.2f}" for load in psutil.getloadavg()),
    }


def _workers() -> str:
    """How the lab would spread a section of five runs over the machine."""
    told = []
    for network in ("dense", "conv"):
        threads = placement.threads_for([DEFAULT.derive(network=network)] * 5)[0]
        told.append(f"{network} {placement.places(threads)} of {threads or 'all'} threads")
    return f"{'; '.join(told)} ({'as measured' if placement.remembered() else 'guessed'})"


def _arithmetic() -> list[str]:
    """Of the vector instructions that decide how fast matrices are multiplied, those that the processor has."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return []
    flags = {flag for line in lines if line.startswith("flags") for flag in line.split()}
    return [name for name in _VECTORS if name in flags]


def versions() -> dict[str, str]:
    """Of the lab, Python and each package that is installed."""
    told = {"mnist-lab": __version__ + (f" ({commit[:12]})" if (commit := git_commit()) else "")}
    told["python"] = platform.python_version()
    for package in _PACKAGES:
        try:
            told[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            told[package] = "not installed"
    return told
