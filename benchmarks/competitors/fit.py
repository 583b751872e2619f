"""Stock Keras ``fit`` on the backend that ``KERAS_BACKEND`` names; with ``--fused``, all that ``compile`` offers."""

from __future__ import annotations

import sys
from typing import Any

import keras

from benchmarks.competitors import stock_keras
from benchmarks.competitors.workload import EpochClock, Workload
from mnist_lab.training import seeding


class _ClockCallback(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is not typed here
    def __init__(self, clock: EpochClock) -> None:
        super().__init__()
        self._clock = clock

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        self.model.stop_training = self._clock.epoch_ended(float(logs["val_accuracy"]))


def main() -> None:
    workload = Workload.from_argument()
    experiment, split = workload.experiment, workload.split()
    options: dict[str, Any] = {}
    if "--fused" in sys.argv:
        steps = seeding.steps(len(split.x_train), experiment.batch_size)
        options = {"jit_compile": True, "steps_per_execution": steps}
    model = stock_keras.compiled_model(experiment, **options)
    clock = EpochClock(workload)
    model.fit(
        stock_keras.scaled(split.x_train, experiment),
        split.y_train,
        batch_size=experiment.batch_size,
        epochs=workload.max_epochs,
        validation_data=(stock_keras.scaled(split.x_val, experiment), split.y_val),
        callbacks=[_ClockCallback(clock)],
        verbose=0,
    )


if __name__ == "__main__":
    main()
