"""How a training can end, and when it has to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from mnist_lab.experiments.record import Metric
from mnist_lab.formatting import plural
from mnist_lab.training.early_stopping import EarlyStoppingState

Status = Literal["finished", "stopped", "diverged"]

ABSURD_LOSS = 2.0**24
"""A network whose validation loss is this or more after an epoch has diverged, though its loss may be finite.

float32 logits that far apart are so large that neighbouring ones differ by 1 or more: what the network says about an
image is rounding. Adam stays there for good with a learning rate of 1e9. It is asked only after whole epochs, since
some networks come back from a loss like that in their first steps.
"""


@dataclass(frozen=True)
class Ending:
    status: Status
    reason: str = ""
    early: bool = False
    """Whether it ended because it had been told not to go on for nothing."""


def diverged(epoch: int, loss: float, val_loss: float) -> Ending | None:
    """The ending of a training whose loss is past all hope after an epoch; None where it is not."""
    if not math.isfinite(loss):
        return Ending("diverged", f"The loss became {_in_words(loss)} in epoch {epoch}.")
    if not math.isfinite(val_loss):
        return Ending("diverged", f"The validation loss became {_in_words(val_loss)} in epoch {epoch}.")
    if val_loss >= ABSURD_LOSS:
        return Ending("diverged", f"The validation loss grew to {val_loss:.1e} in epoch {epoch}.")
    return None


def patience_lost(monitor: Metric, state: EarlyStoppingState) -> Ending:
    """The ending of a training that early stopping stopped."""
    return Ending("finished", f"{monitor} had not improved for {plural(state.wait, 'epoch')}.", early=True)


def _in_words(loss: float) -> str:
    return "NaN" if math.isnan(loss) else "infinite"
