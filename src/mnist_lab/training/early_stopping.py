"""When to stop, and which epoch to keep: the rule of ``keras.callbacks.EarlyStopping`` over plain values."""

from __future__ import annotations

from collections.abc import Iterable
from ctypes import c_float
from dataclasses import dataclass
from typing import Self

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Metric


@dataclass(frozen=True)
class Watch:
    """What the rule remembers after some epochs."""

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
    restore_best: bool = True

    @classmethod
    def of(cls, experiment: Experiment) -> Self | None:
        """The experiment's rule; None where it has none."""
        if not experiment.early_stopping:
            return None
        return cls(experiment.monitor, experiment.patience, experiment.min_delta, experiment.restore_best)

    def after(self, watch: Watch, value: float) -> Watch:
        """The state after one more epoch, given the monitored figure of that epoch."""
        epoch = watch.epoch + 1
        if self._improves(value, watch.best):
            return Watch(epoch, value, epoch)
        wait = watch.wait + 1
        return Watch(epoch, watch.best, watch.best_epoch, wait, stop=wait >= self.patience and epoch > 1)

    def replay(self, values: Iterable[float]) -> Watch:
        """The state in which a curve would have ended: at its stop, or after its last value."""
        watch = Watch()
        for value in values:
            watch = self.after(watch, value)
            if watch.stop:
                break
        return watch

    def _improves(self, value: float, best: float | None) -> bool:
        if best is None:
            return True
        # Keras compares in float32, where figures that differ in the ninth digit are equal.
        if self.monitor.endswith("loss"):
            return c_float(value + self.min_delta).value < c_float(best).value
        return c_float(value - self.min_delta).value > c_float(best).value
