"""The kinds of claim, and what each of them is tested by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

ClaimKind = Literal["number", "order", "extreme", "trend", "equivalence", "epoch", "stability", "mechanism"]

MetricName = Literal[
    "val_accuracy",
    "best_val_accuracy",
    "val_loss",
    "best_val_loss",
    "first_loss",
    "mean_accuracy",
    "val_accuracy_roughness",
    "accuracy_roughness",
    "epochs_run",
    "best_epoch",
    "gradient_share",
]
"""A metric of one training by which claims are judged; :mod:`mnist_lab.report.ledger.metrics` defines each."""

Side = Literal["above", "below"]

MARGIN = 0.001
"""The least difference in accuracy that matters: 0.1 percentage points, as a fraction."""


@dataclass(frozen=True)
class Number:
    """A number is plausible for one training of ``arm``.

    Attributes:
        arm: The preset.
        claimed: The number in the report; an accuracy is a fraction.
        metric: What the number is, at the last epoch. Default: validation accuracy.
        best_metric: The same at the best epoch; None where there is no such metric.
        max_half_width: Widest half of the 95 % prediction interval by which the number is judged, in the metric's unit.
    """

    kind: ClassVar[ClaimKind] = "number"
    arm: str
    claimed: float
    metric: MetricName = "val_accuracy"
    best_metric: MetricName | None = "best_val_accuracy"
    max_half_width: float = 0.0035

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)


@dataclass(frozen=True)
class Ordering:
    """``arm`` is above or below ``than``.

    Attributes:
        arm: The preset that the claim is about.
        side: Whether its mean is above or below.
        than: The preset that it is compared with.
        metric: The metric that is compared. Default: validation accuracy.
        margin: The least difference that matters, in the metric's unit.
        by_margin: Whether the difference must exceed the margin.
    """

    kind: ClassVar[ClaimKind] = "order"
    arm: str
    side: Side
    than: str
    metric: MetricName = "val_accuracy"
    margin: float = MARGIN
    by_margin: bool = False

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.than, self.arm)


@dataclass(frozen=True)
class Extreme:
    """``arm`` is above, or below, each of the others: the best or the worst of several."""

    kind: ClassVar[ClaimKind] = "extreme"
    arm: str
    side: Side
    others: tuple[str, ...]
    metric: MetricName = "val_accuracy"
    margin: float = MARGIN

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm, *self.others)


@dataclass(frozen=True)
class Trend:
    """The last of ``arms`` is above the first, and no arm is below the one before it."""

    kind: ClassVar[ClaimKind] = "trend"
    arms: tuple[str, ...]
    metric: MetricName = "val_accuracy"
    margin: float = MARGIN


@dataclass(frozen=True)
class Equivalence:
    """Each of ``each`` differs from ``to`` by less than ``margin``; with ``or_below`` it may also be lower."""

    kind: ClassVar[ClaimKind] = "equivalence"
    each: tuple[str, ...]
    to: str
    or_below: bool = False
    metric: MetricName = "val_accuracy"
    margin: float = MARGIN

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.to, *self.each)


@dataclass(frozen=True)
class Epoch:
    """An epoch is plausible as the last or the best one of a training of ``arm``.

    Attributes:
        arm: The preset.
        claimed: The epoch in the report, from 1.
        metric: Whether it is the last or the best epoch.
        earlier: Whether the claim is instead that the epoch of every training is before this one.
        max_half_width: As for :class:`Number`, in epochs.
    """

    kind: ClassVar[ClaimKind] = "epoch"
    arm: str
    claimed: int
    metric: Literal["epochs_run", "best_epoch"]
    earlier: bool = False
    max_half_width: float = 5.0

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)


@dataclass(frozen=True)
class Stability:
    """The learning curve of ``arm`` is smoother, or rougher, than that of ``than``.

    Attributes:
        arm: The preset that the claim is about.
        steadier: Whether its curve is the smoother one.
        than: The preset that it is compared with.
        metric: The roughness of which curve is compared.
        margin: The least difference that matters, in the metric's unit.
    """

    kind: ClassVar[ClaimKind] = "stability"
    arm: str
    steadier: bool
    than: str
    metric: Literal["val_accuracy_roughness", "accuracy_roughness"] = "val_accuracy_roughness"
    margin: float = 0.0001

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.than, self.arm)


@dataclass(frozen=True)
class Mechanism:
    """A reason why. No accuracy proves one; a control experiment can test what it predicts.

    Attributes:
        why: What the control experiment does and what the reason predicts; without one, why there is none.
        expects: Everything that the reason predicts.
    """

    kind: ClassVar[ClaimKind] = "mechanism"
    why: str
    expects: tuple[Ordering | Equivalence, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(arm for expected in self.expects for arm in expected.arms))


ClaimTest = Number | Ordering | Extreme | Trend | Equivalence | Epoch | Stability | Mechanism
