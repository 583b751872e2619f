"""A diagnosis of this machine: each thing that training needs, and what to do where it falls short."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from mnist_lab import __version__
from mnist_lab.errors import EngineError, ExitCode, LabError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.formatting import plural
from mnist_lab.machine import cores, hardware, opener
from mnist_lab.machine.cache import user_cache
from mnist_lab.machine.native_output import redirected
from mnist_lab.store import Store
from mnist_lab.workers.placement import ALL_THREADS, Placement

_ENOUGH_MEMORY = 1.5e9
"""Bytes: TensorFlow and the images take about 0.8e9, a convolutional network on top of that half as much."""


@dataclass(frozen=True)
class Finding:
    """One fact about the machine.

    Attributes:
        what: What it is about.
        value: What was found.
        ok: Whether the lab can work with that.
        advice: What to do; empty where nothing need be done.
        exit_code: What ``doctor`` leaves with because of it.
    """

    what: str
    value: str
    ok: bool = True
    advice: str = ""
    exit_code: ExitCode = ExitCode.DONE


def diagnose(runs: Path, placement: Placement, terminal: str, threads: int | None = None) -> list[Finding]:
    """Look at everything a training needs. Loads the backend, which takes seconds.

    Args:
        runs: The runs folder.
        placement: How trainings are divided among workers here.
        terminal: The name of the terminal that is written to.
        threads: CPU threads to load the backend with; None: as many as it likes.
    """
    return [
        Finding("mnist-lab", f"{__version__} on Python {platform.python_version()}"),
        *_backend(threads),
        *_compiled(),
        _placement(placement),
        _memory(),
        _images(),
        _runs_folder(runs),
        _terminal(terminal),
    ]


def _backend(threads: int | None) -> list[Finding]:
    from mnist_lab.training.loading import load_engine

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # which TensorFlow reads when it is imported
    try:
        with Path(os.devnull).open("w") as nowhere, redirected(nowhere.fileno()):
            engine = load_engine(threads)
    except EngineError as error:
        return [Finding("backend", "missing", False, str(error), error.exit_code)]
    known = engine.environment()
    if engine.on_gpu:
        device = Finding("device", known["device"], advice="Training uses it because TensorFlow sees it.")
    elif shutil.which("nvidia-smi"):
        advice = (
            "There is an NVIDIA driver, but TensorFlow sees no GPU: install its CUDA libraries with the extra `gpu`."
        )
        device = Finding("device", known["device"], advice=advice)
    else:
        device = Finding("device", known["device"], advice="No GPU was found; dense networks train in seconds without.")
    return [
        Finding(
            "backend",
            f"Keras {known['keras']} on {known['backend']} {known['backend_version']}, engine {known['engine']}",
        ),
        device,
        Finding("threads", f"{known['threads']} of {len(cores.affinity())} processors open to this process"),
        *_bfloat16(engine.on_gpu),
    ]


def _compiled() -> list[Finding]:
    """Whether compiled steps may be kept; nothing where they are."""
    from mnist_lab.training import compile_cache

    if compile_cache.is_private():
        return []
    advice = f"Others may write in {user_cache()}, and code there would run as yours; `chmod -R go-w` it."
    return [Finding("compiled steps", "not kept, so each process compiles anew", advice=advice)]


def _bfloat16(on_gpu: bool) -> list[Finding]:
    """Whether processors compute in bfloat16 themselves; nothing where that cannot be known, or does not matter."""
    try:
        flags = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return []
    if on_gpu or not flags & {"avx2", "avx512f"}:
        return []
    native = sorted(flags & {"avx512_bf16", "amx_bf16"})
    if native:
        return [Finding("bfloat16", f"native ({', '.join(native)})")]
    advice = "These processors have no bfloat16 arithmetic: precision=bfloat16 is slower here than float32."
    return [Finding("bfloat16", "emulated", advice=advice)]


def _placement(placement: Placement) -> Finding:
    """How a study would be spread over the machine."""
    study = [DEFAULT.derive(seed=seed) for seed in range(64)]
    threads = placement.threads_for(study)[0]
    count = placement.slots(threads)
    each = "all threads" if threads == ALL_THREADS else plural(threads, "thread")
    if placement.speeds is None or placement.gpu:
        advice = "" if placement.gpu else "A guess; `mnist-lab doctor --measure` measures it once."
        return Finding("a study trains with", f"{plural(count, 'worker')} of {each}", advice=advice)
    measured = ", ".join(
        f"{seconds / placement.slots(number):.2f} s with {placement.slots(number)} × {number}"
        for number, seconds in placement.speeds.seconds["dense"].items()
    )
    return Finding("a study trains with", f"{plural(count, 'worker')} of {each}; a dense epoch takes {measured}")


def _memory() -> Finding:
    memory = hardware.memory()
    value = f"{memory.available / 1e9:.1f} GB free of {memory.total / 1e9:.1f}"
    if memory.available < _ENOUGH_MEMORY:
        return Finding("memory", value, False, f"Training wants {_ENOUGH_MEMORY / 1e9:g} GB; close something.")
    return Finding("memory", value)


def _images() -> Finding:
    from mnist_lab.data import dataset

    try:
        dataset.verify_package()
        digits = dataset.load()
    except LabError as error:
        return Finding("images", "damaged or missing", False, str(error), error.exit_code)
    folder = dataset.cache_folder()
    kept = f", kept ready in {folder}" if opener.is_folder(folder / digits.checksum) else ""
    return Finding(
        "images", f"MNIST, {len(digits.x_train)} + {len(digits.x_test)}, checksum {digits.checksum[:12]}{kept}"
    )


def _runs_folder(runs: Path) -> Finding:
    try:
        store = Store.locate(runs)
        if not opener.exists(store.root):
            parent = next(folder for folder in store.root.parents if opener.exists(folder))
            if os.access(parent, os.W_OK):
                return Finding("runs folder", f"{store.root}, to be made with the first run")
        store.prepare()
    except LabError as error:
        return Finding("runs folder", "cannot be used", False, str(error), error.exit_code)
    free = shutil.disk_usage(store.root).free
    value = f"{store.root}, {len(store.ids())} runs, writable, {free / 1e9:.1f} GB free"
    if not store.locks_work:
        advice = "File locks do not work there; the lab detects dead workers by their process ids instead."
        return Finding("runs folder", value, advice=advice)
    return Finding("runs folder", value)


def _terminal(name: str) -> Finding:
    from rich.console import Console

    console = Console()
    encoding = (sys.stdout.encoding or "").lower()
    colours = console.color_system or "none"
    size = f"{console.width}x{console.height}"
    value = f"{name}, {size}, colours {colours}, {encoding or 'no encoding'}"
    if not console.is_terminal:
        return Finding("terminal", f"none: output goes to a pipe or file, {encoding}")
    if not encoding.startswith("utf"):
        return Finding(
            "terminal", value, advice="Charts are drawn in ASCII; a UTF-8 locale (LANG=C.UTF-8) draws finer ones."
        )
    if colours == "standard":
        return Finding("terminal", value, advice="If it can do more colours, COLORTERM=truecolor says so.")
    return Finding("terminal", value)
