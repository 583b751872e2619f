"""What a training leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_lab.experiments.record import History, Model, Result, Seconds, TestHistory
from mnist_lab.training.ending import Status

if TYPE_CHECKING:
    from mnist_lab.training.engine import Weights


@dataclass(frozen=True)
class Outcome:
    """How a training ended, and what it leaves."""

    status: Status
    reason: str
    history: History
    epochs_run: int
    """Whole epochs, and the one in which it diverged."""
    best_epoch: int | None
    """Counted from 1; None without early stopping."""
    stopped_early: bool
    result: Result
    seconds: Seconds
    model: Model
    weights: Weights
    """Of the kept epoch; of the step it was stopped at, where no best epoch is kept instead."""
    probabilities: NDArray[np.float16]
    """Of the test images, (images, 10)."""
    digits: NDArray[np.uint8]
    """The most probable class of each test image, (images,)."""
    gradient_norms: dict[str, list[float]] | None = None
    """By layer, first to last, one value an epoch; None where nobody asked for them."""
    test_history: TestHistory | None = None
    """None where nobody asked for it."""
