"""Measuring the speed of the machine once, while the first worker is idle."""

from __future__ import annotations

import os
import subprocess
from typing import Self

from mnist_lab.machine import cores, python_process
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.speeds import Speeds

QUIET_SECONDS = 20.0
"""How long nothing has been asked for before the machine is measured."""

_QUIET_LOAD = 0.3
"""Processes that want to run, on the average of a minute, for each processor."""

_LEAST_URGENT = 19


class Measuring:
    """A process that measures speeds (:mod:`mnist_lab.workers.calibration`), ended once there is anything to train.

    Args:
        placement: Nothing is measured where it says how many workers there are, or that a GPU trains.
    """

    def __init__(self, placement: Placement) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._done = placement.gpu or placement.is_chosen or placement.speeds is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin(self) -> None:
        """Measure, once in a worker's life at most, where that is not known and nobody else is at work."""
        if self._done:
            return
        # What others compute meanwhile would be measured too.
        if cores.leased() or os.getloadavg()[0] > _QUIET_LOAD * cores.usable():
            return
        self._done = True
        if Speeds.load() is not None:  # another worker has measured meanwhile
            return
        self._process = subprocess.Popen(
            python_process.command("-m", "mnist_lab", "doctor", "--measure"),
            env=python_process.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_step_back,
        )

    def end(self) -> None:
        """Stop measuring, whatever has been found; it begins anew another time."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, 9)
            self._done = False
        self._process.wait()
        self._process = None


def _step_back() -> None:
    """Give way to everything else, on all processors that this user may use."""
    os.nice(_LEAST_URGENT)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
