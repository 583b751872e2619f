"""What every way is told to do, and how it tells of each epoch."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Self

from mnist_lab.data import dataset
from mnist_lab.data.dataset import Split
from mnist_lab.experiments.experiment import DEFAULT, Experiment


@dataclass(frozen=True)
class Work:
    """One training, for as long as it has to be watched.

    Attributes:
        experiment: What to train; its ``train_size`` says on how many images.
        val_size: How many of the test images are looked at after each epoch.
        seconds: Epochs after the first are added until they have taken so long together; at least one is.
        most: Epochs at most, the first included.
        threads: How many to compute with, for a way that has to be told.
    """

    experiment: Experiment = DEFAULT
    val_size: int = 10_000
    seconds: float = 3.0
    most: int = 50
    threads: int | None = None

    def to_argument(self) -> str:
        return json.dumps(asdict(self) | {"experiment": self.experiment.model_dump(mode="json")})

    @classmethod
    def from_argument(cls) -> Self:
        """What this process was told as its last argument."""
        told = json.loads(sys.argv[-1])
        return cls(**told | {"experiment": Experiment.model_validate(told["experiment"])})

    def split(self) -> Split:
        """MNIST, as much of it as the work takes; the images to test on are those to validate on."""
        whole = dataset.split(dataset.load(), "report", self.experiment.train_size)
        images, labels = whole.x_val[: self.val_size], whole.y_val[: self.val_size]
        return Split(whole.x_train, whole.y_train, images, labels, images, labels)


class EpochClock:
    """Prints a line an epoch; after the first one it waits for a line on stdin, so that several ways start together."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._epoch = 0
        self._timed = 0.0
        self._since = time.perf_counter()

    def epoch_ended(self, val_accuracy: float) -> bool:
        """Tell of an epoch, validation included. Returns whether that was the last one wanted.

        Raises:
            SystemExit: Whoever started this is gone.
        """
        seconds = time.perf_counter() - self._since
        self._epoch += 1
        print(json.dumps({"epoch": self._epoch, "seconds": seconds, "val_accuracy": val_accuracy}), flush=True)
        if self._epoch > 1:
            self._timed += seconds
        elif not sys.stdin.readline():
            raise SystemExit(1)
        self._since = time.perf_counter()
        return self._epoch > 1 and (self._timed >= self._work.seconds or self._epoch >= self._work.most)
