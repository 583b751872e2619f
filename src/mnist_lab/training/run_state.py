"""State of one run while it trains: its metrics, best epoch and ending."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_lab.experiments.events import EpochEnded, Phase, PhaseStarted, Progressed
from mnist_lab.experiments.measurements import MEASUREMENTS, MeasuredSeries, Measurement
from mnist_lab.experiments.record import METRICS, History, Metric, Model, Result, Seconds, TrainingSummary
from mnist_lab.training import ending, seeding
from mnist_lab.training.early_stopping import EarlyStopping, EarlyStoppingState
from mnist_lab.training.ending import Ending
from mnist_lab.training.outcome import Outcome
from mnist_lab.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from mnist_lab.data.splits import Split
    from mnist_lab.experiments.experiment import Experiment
    from mnist_lab.experiments.measurements import Measurable
    from mnist_lab.training.engine import BatchOrder, Weights


class RunState:
    """State of one run from its first step to its outcome.

    Args:
        experiment: What is trained.
        split: Training, validation and test images.
        now: Clock of the events, in seconds since the epoch.
        measurements: Names of measurements to take after each epoch, see :mod:`mnist_lab.experiments.measurements`.

    Raises:
        KeyError: There is no measurement of that name.
    """

    def __init__(
        self, experiment: Experiment, split: Split, now: Callable[[], float], measurements: Iterable[str] = ()
    ) -> None:
        self.stop_requested = False
        self.ending: Ending | None = None
        """How the run ends; None while it continues."""
        self._experiment = experiment
        self._split = split
        self._now = now
        self._rule = EarlyStopping.of(experiment)
        self._stopping = EarlyStoppingState()
        self._history: History = {metric: [] for metric in METRICS}
        self._measured: dict[Measurement, MeasuredSeries] = {MEASUREMENTS[name]: {} for name in measurements}
        self._per_epoch: list[float] = []
        self._running = 0.0, 0.0
        self._unfinished: tuple[float, float] | None = None

    @property
    def epoch(self) -> int:
        """The current or next epoch, counted from 1."""
        return len(self._per_epoch) + 1

    @property
    def steps(self) -> int:
        """Number of steps in an epoch."""
        return seeding.steps(len(self._split.x_train), self._experiment.batch_size)

    @property
    def not_finite(self) -> bool:
        """Whether the running loss of the current epoch is not finite, so that training cannot continue."""
        return not math.isfinite(self._running[0])

    @property
    def last_is_best(self) -> bool:
        """Whether the last epoch is the best one, and its weights must be saved to be restored."""
        return self.restores_best and self._stopping.best_epoch == self._stopping.epoch

    @property
    def restores_best(self) -> bool:
        """Whether the run ends with the weights of its best epoch."""
        return self._rule is not None and self._rule.restore_best_weights and self._stopping.best_epoch is not None

    def started(self, phase: Phase) -> PhaseStarted:
        """The event that a phase starts."""
        return PhaseStarted(at=self._now(), phase=phase)

    def begin(self) -> None:
        """Start training, unless a stop was requested before."""
        if self.stop_requested:
            self.ending = Ending("stopped", "Stopped before the first step.")

    def order(self, epoch: int) -> BatchOrder:
        """The image indices of an epoch."""
        return seeding.order(len(self._split.x_train), self._experiment.batch_size, self._experiment.seed, epoch)

    def progressed(self, step: int, loss: float, accuracy: float) -> Progressed:
        """Record the running metrics after ``step`` steps of the epoch."""
        self._running = loss, accuracy
        return Progressed(at=self._now(), epoch=self.epoch, step=step, steps=self.steps, loss=loss, accuracy=accuracy)

    def after_step(self, step: int) -> None:
        """End the run where a stop was requested, unless the epoch is complete: then :meth:`after_epoch` ends it."""
        if self.stop_requested and not self.not_finite and step < self.steps:
            self._unfinished = self._running
            self.ending = Ending("stopped", f"Stopped in epoch {self.epoch}, after step {step} of {self.steps}.")

    def validated(self, val_loss: float, val_accuracy: float) -> dict[Metric, float]:
        """Record the validation of the epoch; returns its metrics in the order of the logs of ``fit``."""
        loss, accuracy = self._running
        logs: dict[Metric, float] = {
            "accuracy": accuracy,
            "loss": loss,
            "val_accuracy": val_accuracy,
            "val_loss": val_loss,
        }
        for metric, value in logs.items():
            self._history[metric].append(value)
        if self._rule is not None:
            self._stopping = self._rule.after(self._stopping, logs[self._rule.monitor])
        return logs

    def measure(self, network: Measurable) -> None:
        """Take the measurements of the epoch that has just been validated."""
        for measurement, series in self._measured.items():
            for name, value in measurement.measure(network).items():
                series.setdefault(name, []).append(value)

    def epoch_ended(self, seconds: float) -> EpochEnded:
        """Record that the epoch is complete and took so many seconds."""
        metrics = {metric: values[-1] for metric, values in self._history.items()}
        event = EpochEnded(at=self._now(), epoch=self.epoch, seconds=seconds, **metrics)
        self._per_epoch.append(seconds)
        return event

    def after_epoch(self, callback_stopped: bool = False) -> None:
        """End the run where it has diverged, by early stopping, a callback, its number of epochs or a requested stop.

        Args:
            callback_stopped: Whether a Keras callback has set ``stop_training``.
        """
        epoch = len(self._per_epoch)
        if diverged := ending.diverged(epoch, self._history["loss"][-1], self._history["val_loss"][-1]):
            self.ending = diverged
        elif self._rule is not None and self._stopping.stop:
            self.ending = ending.patience_exhausted(self._rule.monitor, self._stopping)
        elif callback_stopped:
            self.ending = Ending("finished", f"A callback stopped it after epoch {epoch}.", early=True)
        elif epoch == self._experiment.epochs:
            self.ending = Ending("finished")
        elif self.stop_requested:
            self.ending = Ending("stopped", f"Stopped after epoch {epoch}.")

    def final_metrics(self) -> dict[Metric, float]:
        """Known metrics of the weights that the run ends with; without validation where that was not computed."""
        if self.restores_best and self._stopping.best_epoch is not None:
            return {metric: values[self._stopping.best_epoch - 1] for metric, values in self._history.items()}
        if self._unfinished is not None:
            return dict(zip(("loss", "accuracy"), self._unfinished, strict=True))
        if self._per_epoch:
            return {metric: values[-1] for metric, values in self._history.items()}
        return {}

    def outcome(
        self,
        metrics: dict[Metric, float],
        probabilities: NDArray[np.float32],
        weights: Weights,
        model: Model,
        stopwatch: Stopwatch,
    ) -> Outcome:
        """The outcome of the run.

        Args:
            metrics: Of the weights that it ends with.
            probabilities: Class probabilities of the test images, (images, 10).
            weights: The weights that it ends with.
            model: Parameters and layers of the network.
            stopwatch: The time it took.
        """
        assert self.ending is not None
        digits = probabilities.argmax(axis=1).astype(np.uint8)
        summary = TrainingSummary(
            status=self.ending.status,
            reason=self.ending.reason,
            history=self._history,
            epochs_run=len(self._per_epoch),
            best_epoch=self._stopping.best_epoch,
            stopped_early=self.ending.early,
            result=Result(**metrics, test_accuracy=float((digits == self._split.y_test).mean())),
            seconds=Seconds(
                compile=stopwatch.total("compile"),
                train=stopwatch.total("train"),
                evaluate=stopwatch.total("evaluate"),
                per_epoch=tuple(self._per_epoch),
            ),
            model=model,
            **{measurement.key: series for measurement, series in self._measured.items()},
        )
        return Outcome(summary, weights, probabilities.astype(np.float16), digits)
