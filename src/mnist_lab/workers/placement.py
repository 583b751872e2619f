"""How trainings are divided among the processors: how many at a time, with how many CPU threads each.

One training of a dense network gains little from a second thread, a convolutional one much; and several trainings
at a time, a thread each, gain most. How much is measured once (:mod:`mnist_lab.workers.calibration`) and kept
(:mod:`mnist_lab.workers.speeds`); until then it is guessed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.machine import cores, hardware
from mnist_lab.workers.speeds import Speeds

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


@dataclass(frozen=True)
class Placement:
    """What the user chose, and what is known of the machine, when trainings are divided among workers.

    Made once where a command or the screen starts (:meth:`here`), and handed down from there.

    Attributes:
        workers: Worker processes at most, as chosen; None: as many as there is room for.
        threads: CPU threads of each training, as chosen; None: what ends all trainings soonest.
        lanes: Runs that JAX trains in one step, as chosen; None: as many as the device's memory holds.
        processors: Processors that may be kept busy.
        memory: Bytes of memory that may be used.
        gpu: Whether trainings run on a GPU.
        speeds: Measured speeds; None: they are guessed.
    """

    workers: int | None = None
    threads: int | None = None
    lanes: int | None = None
    processors: int = 1
    memory: int = BYTES_A_WORKER
    gpu: bool = False
    speeds: Speeds | None = None

    @classmethod
    def here(cls, workers: int | None = None, threads: int | None = None, lanes: int | None = None) -> Placement:
        """What was chosen, on this machine as it is now. Reads a few small files."""
        memory, gpu = hardware.memory().total, hardware.has_gpu()
        return cls(workers, threads, lanes, cores.usable(), memory, gpu, Speeds.load())

    def refreshed(self) -> Placement:
        """The same choices, on this machine as it is now: its speeds may have been measured meanwhile."""
        return self.here(self.workers, self.threads, self.lanes)

    @property
    def is_chosen(self) -> bool:
        """Whether the user chose how many workers there are, or how many threads each has."""
        return self.workers is not None or self.threads is not None

    def as_options(self) -> list[str]:
        """The choices as options of a worker's command line."""
        chosen = {"--workers": self.workers, "--threads": self.threads, "--lanes": self.lanes}
        return [text for option, value in chosen.items() if value is not None for text in (option, str(value))]

    def slots(self, threads: int) -> int:
        """How many workers of so many threads each there may be at a time, at least one."""
        if self.workers is not None:
            return self.workers
        if threads == ALL_THREADS:
            return 1
        return max(1, min(self.processors // threads, self.memory // BYTES_A_WORKER))

    def thread_counts(self) -> list[int]:
        """The numbers of threads worth considering: one, all, and the powers of two between them."""
        powers = (2**power for power in range(self.processors.bit_length()))
        return sorted({self.processors, *(power for power in powers if power <= self.processors)})

    def threads_for(
        self, experiments: Sequence[Experiment], live: int = 0, warm: Collection[int | None] = ()
    ) -> list[int]:
        """With how many threads to train each of some experiments, so that all end soonest.

        Args:
            experiments: What is asked for together.
            live: How many runs wait or run already.
            warm: The numbers of threads for which workers are warm: others have to be waited for.
        """
        if self.threads is not None:
            return [self.threads] * len(experiments)
        if self.gpu:
            return [ALL_THREADS] * len(experiments)
        count = len(experiments) + live
        epochs = {experiment.network: 0 for experiment in experiments}
        for experiment in experiments:
            epochs[experiment.network] = max(epochs[experiment.network], experiment.epochs)
        by_network = {network: self._threads(network, count, longest, warm) for network, longest in epochs.items()}
        return [by_network[experiment.network] for experiment in experiments]

    def _threads(self, network: str, count: int, epochs: int, warm: Collection[int | None]) -> int:
        """The fewest threads with which ``count`` runs end about as soon as they can."""
        spans = {
            threads: _COLD_SECONDS * (threads not in warm) + epochs * self._makespan(network, threads, count)
            for threads in self.thread_counts()
        }
        return min(threads for threads, span in spans.items() if span <= _AS_SOON * min(spans.values()))

    def _makespan(self, network: str, threads: int, count: int) -> float:
        """Seconds that ``count`` epochs of a network take with so many threads each, in all slots there are."""
        measured = None if self.speeds is None else self.speeds.seconds.get(network, {}).get(threads)
        seconds = _SECONDS[network] * threads ** -_GAIN[network] if measured is None else measured
        return math.ceil(count / self.slots(threads)) * seconds
