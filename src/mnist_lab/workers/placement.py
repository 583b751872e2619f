"""How trainings are spread over the machine: with how many threads each, and how many at a time.

One training of a dense network gains little from a second thread, a convolutional one much; and several trainings
side by side, a thread each, gain most. How much here is measured once (:mod:`mnist_lab.workers.calibration`) and
remembered; until then it is guessed.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import platformdirs
from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.machine import cores, hardware

WORKERS_VARIABLE, THREADS_VARIABLE, LANES_VARIABLE = "MNIST_LAB_WORKERS", "MNIST_LAB_THREADS", "MNIST_LAB_LANES"

ALL_THREADS = 0
"""As many threads as the backend likes: what a worker on a GPU is given."""

BYTES_A_WORKER = 1_200_000_000
"""What a worker with a convolutional network in hand takes at most."""

_AS_SOON = 1.25
"""More threads leave less room for others, and for what is asked for next: for less than a fourth not worth it."""

_COLD_SECONDS = 8.0
"""About how long a worker takes to import its backend and compile a step."""

_SECONDS = {"dense": 0.5, "conv": 25.0}
"""Guessed: what an epoch takes with one thread."""
_GAIN = {"dense": 0.25, "conv": 0.85}
"""Guessed: T threads train T to this power times as fast as one."""


class Speeds(BaseModel):
    """Seconds of an epoch by network and threads, with as many workers side by side as there is room for."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    machine: str
    seconds: Mapping[str, Mapping[int, float]]


def threads_for(experiments: Sequence[Experiment], live: int = 0, warm: Collection[int | None] = ()) -> list[int]:
    """With how many threads to train each of some experiments, so that all end soonest.

    Args:
        experiments: What is asked for together.
        live: How many runs wait or run already.
        warm: The numbers of threads for which workers are warm: others have to be waited for.
    """
    chosen = _chosen(THREADS_VARIABLE)
    if chosen is not None:
        return [chosen] * len(experiments)
    if hardware.has_gpu():
        return [ALL_THREADS] * len(experiments)
    speeds, count = remembered(), len(experiments) + live
    epochs = {experiment.network: 0 for experiment in experiments}
    for experiment in experiments:
        epochs[experiment.network] = max(epochs[experiment.network], experiment.epochs)
    by_network = {network: _threads(network, count, longest, speeds, warm) for network, longest in epochs.items()}
    return [by_network[experiment.network] for experiment in experiments]


def places(threads: int) -> int:
    """How many workers of so many threads each this machine has room for, at least one."""
    chosen = _chosen(WORKERS_VARIABLE)
    if chosen is not None:
        return chosen
    if threads == ALL_THREADS:
        return 1
    return max(1, min(cores.usable() // threads, hardware.memory().total // BYTES_A_WORKER))


def is_chosen() -> bool:
    """Whether someone has said how many workers there are to be, or with how many threads."""
    return _chosen(WORKERS_VARIABLE) is not None or _chosen(THREADS_VARIABLE) is not None


def lanes() -> int | None:
    """How many runs a backend that can is to train in one step; None: as many as the device's memory holds."""
    return _chosen(LANES_VARIABLE)


def candidates() -> list[int]:
    """Numbers of threads worth considering: one, all, and the powers of two between them."""
    usable = cores.usable()
    return sorted({usable, *(2**power for power in range(usable.bit_length()) if 2**power <= usable)})


def remembered() -> Speeds | None:
    """What was measured on this machine; None where nothing was yet."""
    with suppress(OSError, ValidationError):
        speeds = Speeds.model_validate_json(_file().read_bytes())
        if speeds.machine == hardware.name():
            return speeds
    return None


def remember(speeds: Speeds) -> None:
    """Keep what was measured, in the user's cache. Where that cannot be written, it is measured again some day."""
    with suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        draft = _file().with_suffix(f".{os.getpid()}")
        draft.write_text(speeds.model_dump_json())
        draft.replace(_file())


def _threads(network: str, count: int, epochs: int, speeds: Speeds | None, warm: Collection[int | None]) -> int:
    """The fewest threads with which ``count`` runs end about as soon as they can."""
    spans = {
        threads: _COLD_SECONDS * (threads not in warm) + epochs * _makespan(network, threads, count, speeds)
        for threads in candidates()
    }
    return min(threads for threads, span in spans.items() if span <= _AS_SOON * min(spans.values()))


def _makespan(network: str, threads: int, count: int, speeds: Speeds | None) -> float:
    """Seconds that ``count`` epochs of a network take with so many threads each, side by side where there is room."""
    measured = None if speeds is None else speeds.seconds.get(network, {}).get(threads)
    seconds = _SECONDS[network] * threads ** -_GAIN[network] if measured is None else measured
    return math.ceil(count / places(threads)) * seconds


def _chosen(variable: str) -> int | None:
    text = os.environ.get(variable, "")
    if not text:
        return None
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise UsageError(f"{variable} takes a whole number from 1 to 1024; {text!r} is not.")
    return int(text)


def _file() -> Path:
    folder = os.environ.get("MNIST_LAB_CACHE")
    root = Path(folder) if folder else platformdirs.user_cache_path("mnist-lab", appauthor=False)
    return root / "speeds.json"
