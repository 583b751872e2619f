"""Early stopping: the rule of ``keras.callbacks.EarlyStopping`` on plain values."""

from __future__ import annotations

from collections.abc import Iterable
from ctypes import c_float
from dataclasses import dataclass
from typing import Self

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Metric


@dataclass(frozen=True)
class EarlyStoppingState:
    """State of early stopping after a number of epochs."""

    epoch: int = 0
    """Epochs seen."""
    best: float | None = None
    best_epoch: int | None = None
    """Counted from 1."""
    wait: int = 0
    """Epochs since the best one."""
    stop: bool = False


@dataclass(frozen=True)
class EarlyStopping:
    """Rule that stops after ``patience`` epochs in which ``monitor`` did not improve by more than ``min_delta``.

    NaN is no improvement, and nothing improves on a NaN in the first epoch. The first epoch never stops a training. As
    in Keras 3, the best epoch's weights are restored also where a training was not stopped early.

    Example:
        >>> EarlyStopping("val_loss", patience=2).replay([0.3, 0.2, 0.25, 0.21, 0.1])
        EarlyStoppingState(epoch=4, best=0.2, best_epoch=2, wait=2, stop=True)
    """

    monitor: Metric
    patience: int
    min_delta: float = 0.0
    restore_best_weights: bool = True

    @classmethod
    def of(cls, experiment: Experiment) -> Self | None:
        """The rule of an experiment; None where it has no early stopping."""
        if not experiment.early_stopping:
            return None
        return cls(experiment.monitor, experiment.patience, experiment.min_delta, experiment.restore_best_weights)

    def after(self, state: EarlyStoppingState, value: float) -> EarlyStoppingState:
        """The state after one more epoch, given the monitored metric of that epoch."""
        epoch = state.epoch + 1
        if self._improves(value, state.best):
            return EarlyStoppingState(epoch, value, epoch)
        wait = state.wait + 1
        return EarlyStoppingState(epoch, state.best, state.best_epoch, wait, stop=wait >= self.patience and epoch > 1)

    def replay(self, values: Iterable[float]) -> EarlyStoppingState:
        """The state at the end of a curve: where the rule stops it, or after its last value."""
        state = EarlyStoppingState()
        for value in values:
            state = self.after(state, value)
            if state.stop:
                break
        return state

    def _improves(self, value: float, best: float | None) -> bool:
        if best is None:
            return True
        # Keras compares in float32, where values that differ in the ninth digit are equal.
        if self.monitor.endswith("loss"):
            return c_float(value + self.min_delta).value < c_float(best).value
        return c_float(value - self.min_delta).value > c_float(best).value
