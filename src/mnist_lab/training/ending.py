"""How a training ended: status, reason, and the rule of divergence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from mnist_lab.experiments.record import Metric
from mnist_lab.formatting import plural
from mnist_lab.training.early_stopping import EarlyStoppingState

EndingStatus = Literal["finished", "stopped", "diverged"]

DIVERGENCE_LOSS = 2.0**24
"""Validation loss from which a training counts as diverged, though it is finite.

float32 logits of that size are so far apart that neighbouring values differ by 1 or more: predictions are rounding
errors. With Adam and a learning rate of 1e9 they stay there. It is checked after whole epochs only, since some networks
recover from such a loss in their first steps.
"""


@dataclass(frozen=True)
class Ending:
    """Status and reason of a training that ended."""

    status: EndingStatus
    reason: str = ""
    early: bool = False
    """Whether early stopping or a callback ended it."""


def diverged(epoch: int, loss: float, val_loss: float) -> Ending | None:
    """The ending of a training that has diverged after an epoch; None where it has not."""
    if not math.isfinite(loss):
        return Ending("diverged", f"The loss became {_loss_text(loss)} in epoch {epoch}.")
    if not math.isfinite(val_loss):
        return Ending("diverged", f"The validation loss became {_loss_text(val_loss)} in epoch {epoch}.")
    if val_loss >= DIVERGENCE_LOSS:
        return Ending("diverged", f"The validation loss grew to {val_loss:.1e} in epoch {epoch}.")
    return None


def patience_exhausted(monitor: Metric, state: EarlyStoppingState) -> Ending:
    """The ending of a training that early stopping ended."""
    return Ending("finished", f"{monitor} had not improved for {plural(state.wait, 'epoch')}.", early=True)


def _loss_text(loss: float) -> str:
    return "NaN" if math.isnan(loss) else "infinite"
