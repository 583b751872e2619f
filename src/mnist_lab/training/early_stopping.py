"""When to stop, and which epoch to keep: the rule of ``keras.callbacks.EarlyStopping`` over plain values."""

from __future__ import annotations

from collections.abc import Iterable
from ctypes import c_float
from dataclasses import dataclass
from typing import Self

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Metric


@dataclass(frozen=True)
class EarlyStoppingState:
    """The state of early stopping after some epochs."""

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
    """Stop after ``patience`` epochs in which ``monitor`` did not improve by more than ``min_delta``.

    NaN is no improvement, and nothing improves on a NaN that came first. The first epoch never stops a training. Keras
    keeps the best epoch also where a training ran to its end.
    """

    monitor: Metric
    patience: int
    min_delta: float = 0.0
    restore_best_weights: bool = True

    @classmethod
    def of(cls, experiment: Experiment) -> Self | None:
        """The experiment's rule; None where it has none."""
        if not experiment.early_stopping:
            return None
        return cls(experiment.monitor, experiment.patience, experiment.min_delta, experiment.restore_best_weights)

    def after(self, state: EarlyStoppingState, value: float) -> EarlyStoppingState:
        """The state after one more epoch, given the monitored figure of that epoch."""
        epoch = state.epoch + 1
        if self._improves(value, state.best):
            return EarlyStoppingState(epoch, value, epoch)
        wait = state.wait + 1
        return EarlyStoppingState(epoch, state.best, state.best_epoch, wait, stop=wait >= self.patience and epoch > 1)

    def replay(self, values: Iterable[float]) -> EarlyStoppingState:
        """The state in which a curve would have ended: at its stop, or after its last value."""
        state = EarlyStoppingState()
        for value in values:
            state = self.after(state, value)
            if state.stop:
                break
        return state

    def _improves(self, value: float, best: float | None) -> bool:
        if best is None:
            return True
        # Keras compares in float32, where figures that differ in the ninth digit are equal.
        if self.monitor.endswith("loss"):
            return c_float(value + self.min_delta).value < c_float(best).value
        return c_float(value - self.min_delta).value > c_float(best).value
