"""Measuring the speed of this machine: seconds per epoch by threads, with as many workers as there is room for.

Run as a program, this module is one such worker: ``python -m mnist_lab.workers.calibration THREADS CORES``.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from statistics import median

from mnist_lab.errors import EngineError
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.formatting import plural
from mnist_lab.machine import cores, hardware, python_process
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.speeds import Speeds

PROBES: dict[str, Experiment] = {"dense": DEFAULT, "conv": DEFAULT.derive(network="conv", train_size=3840)}
"""What is trained to measure a kind of network: an epoch of these."""

_ROUNDS = 3
_EPOCH = 60_000


def measure(placement: Placement, narrate: Callable[[str], None] = lambda line: None) -> Speeds:
    """Measure, in about a minute; nothing else should run meanwhile.

    Args:
        placement: How many workers there may be of each number of threads.
        narrate: Called with a line before each measurement.

    Raises:
        EngineError: A worker broke.
    """
    seconds: dict[str, dict[int, float]] = {network: {} for network in PROBES}
    for threads in placement.thread_counts():
        count = placement.slots(threads)
        narrate(f"{count} × {plural(threads, 'thread')}")
        for network, found in _side_by_side(count, threads).items():
            seconds[network][threads] = found
    return Speeds(machine=hardware.name(), seconds=seconds)


def _side_by_side(count: int, threads: int) -> dict[str, float]:
    """Seconds of an epoch by network, each the median of workers that train at the same time."""
    open_cores = cores.affinity()
    found = {}
    with ExitStack() as stack:
        probes = [stack.enter_context(_Probe(threads, open_cores[slot * threads :][:threads])) for slot in range(count)]
        for probe in probes:
            probe.hear()
        for network in PROBES:
            for probe in probes:
                probe.send(network)
            found[network] = median(float(probe.hear()) for probe in probes)
    return found


class _Probe:
    """A worker in a process of its own, that is sent what to train and answers with the seconds of an epoch."""

    def __init__(self, threads: int, on: Sequence[int]) -> None:
        arguments = "-m", "mnist_lab.workers.calibration", str(threads), ",".join(map(str, on))
        self._process = subprocess.Popen(
            python_process.command(*arguments),
            env=python_process.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> _Probe:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def send(self, network: str) -> None:
        assert self._process.stdin is not None
        print(network, file=self._process.stdin, flush=True)

    def hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise EngineError("A worker broke while speeds were measured; `mnist-lab doctor` says what is missing.")
        return line


def _probe(threads: int, on: Sequence[int]) -> None:
    cores.pin(on)
    from mnist_lab.data import dataset, splits
    from mnist_lab.training import seeding
    from mnist_lab.training.loading import load_engine

    engine, digits, sessions = load_engine(threads), dataset.load(), {}
    for network, experiment in PROBES.items():
        split = splits.split(digits, experiment.protocol, experiment.train_size, experiment.permute_pixels)
        order = seeding.order(len(split.x_train), experiment.batch_size, experiment.seed, epoch=1)
        sessions[network] = session, order = engine.open(experiment, split), order
        session.compile()
        session.train_steps(order, 0, 2)
    print("ready", flush=True)
    for line in sys.stdin:
        session, order = sessions[line.strip()]
        taken = []
        for _ in range(_ROUNDS):
            begun = time.perf_counter()
            session.train_steps(order, 0, len(order))
            session.running_metrics()
            taken.append(time.perf_counter() - begun)
        print(median(taken) * _EPOCH / (order >= 0).sum(), flush=True)


if __name__ == "__main__":
    _probe(int(sys.argv[1]), [int(core) for core in sys.argv[2].split(",")])
