"""The lab's own engine, as a worker drives it."""

from __future__ import annotations

from benchmarks.competitors.work import EpochClock, Work
from mnist_lab.experiments.events import EpochEnded
from mnist_lab.training.loading import load_engine
from mnist_lab.training.loop import Training


def main() -> None:
    work = Work.from_argument()
    training = Training(work.experiment.derive(epochs=work.most), work.split(), load_engine(work.threads))
    clock = EpochClock(work)
    for event in training.events():
        if isinstance(event, EpochEnded) and clock.epoch_ended(event.val_accuracy):
            break


if __name__ == "__main__":
    main()
