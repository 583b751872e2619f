"""What a training leaves."""

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
    """What a training leaves: the summary that its record keeps, and the network that it trained."""

    summary: TrainingSummary
    weights: Weights
    """Of the kept epoch; of the step it was stopped at, where no best epoch is kept instead."""
    probabilities: NDArray[np.float16]
    """Of the test images, (images, 10)."""
    digits: NDArray[np.uint8]
    """The most probable class of each test image, (images,)."""
