"""Stock Keras ``fit`` on whichever backend ``KERAS_BACKEND`` names; with ``--fused``, all that ``compile`` offers."""

from __future__ import annotations

import sys
from typing import Any

import keras

from benchmarks.competitors import stock
from benchmarks.competitors.work import EpochClock, Work
from mnist_lab.training import seeding


class _Clock(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not typed here
    def __init__(self, clock: EpochClock) -> None:
        super().__init__()
        self._clock = clock

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        self.model.stop_training = self._clock.epoch_ended(float(logs["val_accuracy"]))


def main() -> None:
    work = Work.from_argument()
    experiment, split = work.experiment, work.split()
    options: dict[str, Any] = {}
    if "--fused" in sys.argv:
        steps = seeding.steps(len(split.x_train), experiment.batch_size)
        options = {"jit_compile": True, "steps_per_execution": steps}
    model = stock.compiled(experiment, **options)
    clock = EpochClock(work)
    model.fit(
        stock.scaled(split.x_train, experiment),
        split.y_train,
        batch_size=experiment.batch_size,
        epochs=work.most,
        validation_data=(stock.scaled(split.x_val, experiment), split.y_val),
        callbacks=[_Clock(clock)],
        verbose=0,
    )


if __name__ == "__main__":
    main()
