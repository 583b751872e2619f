"""What every competitor has to do, and how it reports each epoch."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Self

from mnist_lab.data import dataset, splits
from mnist_lab.data.splits import Split
from mnist_lab.experiments.experiment import DEFAULT, Experiment


@dataclass(frozen=True)
class Workload:
    """One training, long enough to be timed.

    Attributes:
        experiment: What to train; its ``train_size`` says on how many images.
        val_size: How many of the test images to validate on after each epoch.
        seconds: Epochs after the first are added until together they have taken that long; there is at least one.
        max_epochs: Including the first.
        threads: How many to compute with, for a competitor that has to be given the number; None: all.
    """

    experiment: Experiment = DEFAULT
    val_size: int = 10_000
    seconds: float = 3.0
    max_epochs: int = 50
    threads: int | None = None

    def to_argument(self) -> str:
        return json.dumps(asdict(self) | {"experiment": self.experiment.model_dump(mode="json")})

    @classmethod
    def from_argument(cls) -> Self:
        """The workload that this process was given as its last argument."""
        fields = json.loads(sys.argv[-1])
        return cls(**fields | {"experiment": Experiment.model_validate(fields["experiment"])})

    def split(self) -> Split:
        """As much of MNIST as the workload takes; the test images are those to validate on."""
        whole = splits.split(dataset.load(), "report", self.experiment.train_size)
        images, labels = whole.x_val[: self.val_size], whole.y_val[: self.val_size]
        return Split(whole.x_train, whole.y_train, images, labels, images, labels)


class EpochClock:
    """Prints a JSON line per epoch. After the first epoch it waits for a line on stdin: processes start together."""

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._epoch = 0
        self._timed = 0.0
        self._since = time.perf_counter()

    def epoch_ended(self, val_accuracy: float) -> bool:
        """Report an epoch, validation included. Returns whether it was the last one wanted.

        Raises:
            SystemExit: The process that started this one has ended.
        """
        seconds = time.perf_counter() - self._since
        self._epoch += 1
        print(json.dumps({"epoch": self._epoch, "seconds": seconds, "val_accuracy": val_accuracy}), flush=True)
        if self._epoch > 1:
            self._timed += seconds
        elif not sys.stdin.readline():
            raise SystemExit(1)
        self._since = time.perf_counter()
        enough = self._timed >= self._workload.seconds or self._epoch >= self._workload.max_epochs
        return self._epoch > 1 and enough
