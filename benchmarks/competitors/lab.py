"""The lab's own training loop and engine, as a worker runs them."""

from __future__ import annotations

from benchmarks.competitors.workload import EpochClock, Workload
from mnist_lab.experiments.events import EpochEnded
from mnist_lab.training.loading import load_engine
from mnist_lab.training.loop import Training


def main() -> None:
    workload = Workload.from_argument()
    experiment = workload.experiment.derive(epochs=workload.max_epochs)
    training = Training(experiment, workload.split(), load_engine(workload.threads))
    clock = EpochClock(workload)
    for event in training.events():
        if isinstance(event, EpochEnded) and clock.epoch_ended(event.val_accuracy):
            break


if __name__ == "__main__":
    main()
