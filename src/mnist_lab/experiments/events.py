"""Events of a run, the lines of its journal."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from mnist_lab.experiments.limits import Count, Duration, Epochs, Fraction, Loss
from mnist_lab.text import CleanText

EVENT_VERSION = 1

Phase = Literal["importing", "loading", "compiling", "training", "evaluating", "saving"]
RecordStatus = Literal["finished", "stopped", "diverged", "failed"]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings", defer_build=True)

    v: int = Field(EVENT_VERSION, ge=1, le=EVENT_VERSION)
    at: Annotated[float, Field(allow_inf_nan=False)]
    """Seconds since the epoch, UTC."""


class PhaseStarted(_Event):
    """A phase of the run has started."""

    event: Literal["started"] = "started"
    phase: Phase


class Progressed(_Event):
    """Steps of an epoch are complete; ``loss`` and ``accuracy`` are the means over the epoch so far."""

    event: Literal["progress"] = "progress"
    epoch: Epochs
    step: Count
    steps: Count
    loss: Loss
    accuracy: Fraction


class EpochEnded(_Event):
    """An epoch and its validation are complete. Accuracies are fractions; ``seconds`` is the time of both."""

    event: Literal["epoch"] = "epoch"
    epoch: Annotated[Epochs, Ge(1)]
    loss: Loss
    accuracy: Fraction
    val_loss: Loss
    val_accuracy: Fraction
    seconds: Duration


class Paused(_Event):
    """Training is paused."""

    event: Literal["paused"] = "paused"


class Resumed(_Event):
    """Training continues after a pause."""

    event: Literal["resumed"] = "resumed"


class Ended(_Event):
    """The run has ended; ``reason`` says why where it did not complete all its epochs."""

    event: RecordStatus
    epoch: Epochs
    reason: CleanText = ""


Event = PhaseStarted | Progressed | EpochEnded | Paused | Resumed | Ended

_adapter: TypeAdapter[Event] = TypeAdapter(
    Annotated[Event, Field(discriminator="event")], config=ConfigDict(defer_build=True)
)


def to_line(event: Event) -> bytes:
    """An event as a line of a journal, newline included."""
    return event.model_dump_json().encode() + b"\n"


def from_line(line: bytes) -> Event:
    """The event of a line of a journal.

    Raises:
        pydantic.ValidationError: The line is damaged or of a later version.
    """
    return _adapter.validate_json(line)
