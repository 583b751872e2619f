"""Calls Keras callbacks at the start and end of training and of each epoch, as ``fit`` does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mnist_lab.experiments.record import Metric


class NoCallbacks:
    """Interface of callbacks on one training, which does nothing. Epochs are counted from 1."""

    @property
    def stop(self) -> bool:
        """Whether training is to end after this epoch."""
        return False

    def train_began(self) -> None: ...

    def epoch_began(self, epoch: int) -> None: ...

    def epoch_ended(self, epoch: int, logs: dict[Metric, float]) -> None: ...

    def train_ended(self) -> None: ...


class KerasCallbacks(NoCallbacks):
    """Keras callbacks on one training. Batch callbacks are not called: batches run inside a compiled call."""

    def __init__(self, callbacks: Sequence[Any], model: Any, epochs: int, steps: int) -> None:
        import keras

        self._model = model
        # CallbackList does not reset what an earlier training set.
        model.stop_training = False
        self._list = keras.callbacks.CallbackList(callbacks, model=model, verbose=0, epochs=epochs, steps=steps)
        self._logs: dict[Metric, float] = {}

    @property
    def stop(self) -> bool:
        return bool(self._model.stop_training)

    def train_began(self) -> None:
        self._list.on_train_begin()

    def epoch_began(self, epoch: int) -> None:
        self._list.on_epoch_begin(epoch - 1)

    def epoch_ended(self, epoch: int, logs: dict[Metric, float]) -> None:
        self._logs = logs
        self._list.on_epoch_end(epoch - 1, dict(logs))

    def train_ended(self) -> None:
        self._list.on_train_end(dict(self._logs))
