"""The state of one run while it trains: its figures, its best epoch and its ending."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_lab.experiments.events import EpochEnded, Phase, PhaseStarted, Progressed
from mnist_lab.experiments.measurements import MEASUREMENTS, Measurement, Series
from mnist_lab.experiments.record import METRICS, History, Metric, Model, Result, Seconds, TrainingSummary
from mnist_lab.training import ending, seeding
from mnist_lab.training.early_stopping import EarlyStopping, EarlyStoppingState
from mnist_lab.training.ending import Ending
from mnist_lab.training.outcome import Outcome
from mnist_lab.training.stopwatch import Stopwatch

if TYPE_CHECKING:
    from mnist_lab.data.dataset import Split
    from mnist_lab.experiments.experiment import Experiment
    from mnist_lab.experiments.measurements import Measurable
    from mnist_lab.training.engine import Order, Weights


class RunState:
    """One run from its first step to its outcome.

    Args:
        experiment: What is trained.
        split: What it is trained on, and judged by.
        now: Seconds since the epoch, for the events.
        measurements: Names of what is measured after each epoch, see :mod:`mnist_lab.experiments.measurements`.

    Raises:
        KeyError: There is no measurement of that name.
    """

    def __init__(
        self, experiment: Experiment, split: Split, now: Callable[[], float], measurements: Iterable[str] = ()
    ) -> None:
        self.stop_asked = False
        self.ending: Ending | None = None
        """How the run ends; None while it is to go on."""
        self._experiment = experiment
        self._split = split
        self._now = now
        self._rule = EarlyStopping.of(experiment)
        self._stopping = EarlyStoppingState()
        self._history: History = {metric: [] for metric in METRICS}
        self._measured: dict[Measurement, Series] = {MEASUREMENTS[name]: {} for name in measurements}
        self._per_epoch: list[float] = []
        self._running = 0.0, 0.0
        self._unfinished: tuple[float, float] | None = None

    @property
    def epoch(self) -> int:
        """The epoch that is under way or comes next, from 1."""
        return len(self._per_epoch) + 1

    @property
    def steps(self) -> int:
        """Steps in an epoch."""
        return seeding.steps(len(self._split.x_train), self._experiment.batch_size)

    @property
    def broken(self) -> bool:
        """Whether the loss of the epoch under way is finite no more: nothing can be learned."""
        return not math.isfinite(self._running[0])

    @property
    def keeps_last(self) -> bool:
        """Whether the weights are to be kept that the epoch which ended last has left."""
        return self.keeps_best and self._stopping.best_epoch == self._stopping.epoch

    @property
    def keeps_best(self) -> bool:
        """Whether the run ends with weights that were kept: those of its best epoch."""
        return self._rule is not None and self._rule.restore_best_weights and self._stopping.best_epoch is not None

    def started(self, phase: Phase) -> PhaseStarted:
        return PhaseStarted(at=self._now(), phase=phase)

    def begin(self) -> None:
        """Training begins, unless it was stopped before."""
        if self.stop_asked:
            self.ending = Ending("stopped", "Stopped before the first step.")

    def order(self, epoch: int) -> Order:
        """The order of an epoch's images."""
        return seeding.order(len(self._split.x_train), self._experiment.batch_size, self._experiment.seed, epoch)

    def progressed(self, step: int, loss: float, accuracy: float) -> Progressed:
        """So many steps of the epoch are done, with these running figures."""
        self._running = loss, accuracy
        return Progressed(at=self._now(), epoch=self.epoch, step=step, steps=self.steps, loss=loss, accuracy=accuracy)

    def after_step(self, step: int) -> None:
        """End here where that was asked for; an epoch whose steps are all done is ended first."""
        if self.stop_asked and not self.broken and step < self.steps:
            self._unfinished = self._running
            self.ending = Ending("stopped", f"Stopped in epoch {self.epoch}, after step {step} of {self.steps}.")

    def validated(self, val_loss: float, val_accuracy: float) -> dict[Metric, float]:
        """The epoch's steps and validation are done; its figures, in the order of the logs of ``fit``."""
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
        """The epoch is over, and took so long."""
        figures = {metric: values[-1] for metric, values in self._history.items()}
        event = EpochEnded(at=self._now(), epoch=self.epoch, seconds=seconds, **figures)
        self._per_epoch.append(seconds)
        return event

    def after_epoch(self, called_off: bool = False) -> None:
        """End here where the figures, the plan or somebody has it so.

        Args:
            called_off: Whether a callback wants no further epoch.
        """
        epoch = len(self._per_epoch)
        if diverged := ending.diverged(epoch, self._history["loss"][-1], self._history["val_loss"][-1]):
            self.ending = diverged
        elif self._rule is not None and self._stopping.stop:
            self.ending = ending.patience_lost(self._rule.monitor, self._stopping)
        elif called_off:
            self.ending = Ending("finished", f"A callback stopped it after epoch {epoch}.", early=True)
        elif epoch == self._experiment.epochs:
            self.ending = Ending("finished")
        elif self.stop_asked:
            self.ending = Ending("stopped", f"Stopped after epoch {epoch}.")

    def kept(self) -> dict[Metric, float]:
        """What is known of the weights it ends with; without validation figures where nobody has looked."""
        if self.keeps_best and self._stopping.best_epoch is not None:
            return {metric: values[self._stopping.best_epoch - 1] for metric, values in self._history.items()}
        if self._unfinished is not None:
            return dict(zip(("loss", "accuracy"), self._unfinished, strict=True))
        if self._per_epoch:
            return {metric: values[-1] for metric, values in self._history.items()}
        return {}

    def outcome(
        self,
        figures: dict[Metric, float],
        probabilities: NDArray[np.float32],
        weights: Weights,
        model: Model,
        stopwatch: Stopwatch,
    ) -> Outcome:
        """What came of it.

        Args:
            figures: Of the weights it ends with.
            probabilities: What they say of the test images, (images, 10).
            weights: Themselves.
            model: What was trained.
            stopwatch: What it took.
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
            result=Result(**figures, test_accuracy=float((digits == self._split.y_test).mean())),
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
