"""Outcome of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_lab.experiments.record import TrainingSummary

if TYPE_CHECKING:
    from mnist_lab.training.engine import Weights


@dataclass(frozen=True)
class Outcome:
    """Outcome of a training: the summary that its record keeps, the weights and the test predictions."""

    summary: TrainingSummary
    weights: Weights
    """Of the best epoch where that is restored, else of the last step."""
    probabilities: NDArray[np.float16]
    """Class probabilities of the test images, (images, 10)."""
    digits: NDArray[np.uint8]
    """The most probable class of each test image, (images,)."""
