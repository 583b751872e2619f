"""The kinds of claim that a report makes, and what it takes to test one of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

Kind = Literal["number", "order", "extreme", "trend", "equivalence", "epoch", "stability", "mechanism"]

Measure = Literal[
    "val_accuracy",
    "best_val_accuracy",
    "val_loss",
    "best_val_loss",
    "first_loss",
    "mean_accuracy",
    "val_accuracy_jitter",
    "accuracy_jitter",
    "epochs_run",
    "best_epoch",
    "gradient_share",
]
"""What is read off one training; :mod:`mnist_lab.report.ledger.measures` says how."""

Side = Literal["above", "below"]

MARGIN = 0.001
"""The difference in accuracy below which two networks are as good as each other: 0.1 point."""


@dataclass(frozen=True)
class Number:
    """A training of ``arm`` can end with this figure.

    Attributes:
        arm: A preset.
        figure: As the report has it; an accuracy is a fraction.
        measure: What it is the value of, at the last epoch.
        best: The same at the best epoch, if there is one to tell from the last.
        precision: It is judged only where one training is foretold to within this much, either way.
    """

    kind: ClassVar[Kind] = "number"
    arm: str
    figure: float
    measure: Measure = "val_accuracy"
    best: Measure | None = "best_val_accuracy"
    precision: float = 0.0035

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)


@dataclass(frozen=True)
class Order:
    """``arm`` is above or below ``than``.

    Attributes:
        arm: A preset.
        side: Where its mean lies.
        than: The preset it is compared with.
        measure: What of.
        margin: The difference that counts, in the measure's own unit.
        by_margin: Whether it has to be on that side by more than the margin.
    """

    kind: ClassVar[Kind] = "order"
    arm: str
    side: Side
    than: str
    measure: Measure = "val_accuracy"
    margin: float = MARGIN
    by_margin: bool = False

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.than, self.arm)


@dataclass(frozen=True)
class Extreme:
    """``arm`` is the best or the worst of several: above, or below, each of the others."""

    kind: ClassVar[Kind] = "extreme"
    arm: str
    side: Side
    others: tuple[str, ...]
    measure: Measure = "val_accuracy"
    margin: float = MARGIN

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm, *self.others)


@dataclass(frozen=True)
class Trend:
    """From the first of ``arms`` to the last it rises, and no step on the way goes down."""

    kind: ClassVar[Kind] = "trend"
    arms: tuple[str, ...]
    measure: Measure = "val_accuracy"
    margin: float = MARGIN


@dataclass(frozen=True)
class Equivalence:
    """Each of ``each`` is within ``margin`` of ``to``; where ``or_below``, it may also lie lower than that."""

    kind: ClassVar[Kind] = "equivalence"
    each: tuple[str, ...]
    to: str
    or_below: bool = False
    measure: Measure = "val_accuracy"
    margin: float = MARGIN

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.to, *self.each)


@dataclass(frozen=True)
class Epoch:
    """A training of ``arm`` can stop, or be best, in this epoch; where ``earlier``, it always does before it.

    Attributes:
        arm: A preset.
        figure: The epoch, from 1.
        measure: What happens in it.
        earlier: Whether it has to happen before.
        precision: As that of a number, in epochs.
    """

    kind: ClassVar[Kind] = "epoch"
    arm: str
    figure: int
    measure: Literal["epochs_run", "best_epoch"]
    earlier: bool = False
    precision: float = 5.0

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.arm,)


@dataclass(frozen=True)
class Stability:
    """The curve of ``arm`` is steadier, or less steady, than that of ``than``.

    Attributes:
        arm: A preset.
        steadier: Whether it is the steadier one.
        than: The preset it is compared with.
        measure: How far an epoch lies from the middle of its neighbours.
        margin: The difference that counts, in the measure's own unit.
    """

    kind: ClassVar[Kind] = "stability"
    arm: str
    steadier: bool
    than: str
    measure: Literal["val_accuracy_jitter", "accuracy_jitter"] = "val_accuracy_jitter"
    margin: float = 0.0001

    @property
    def arms(self) -> tuple[str, ...]:
        return (self.than, self.arm)


@dataclass(frozen=True)
class Mechanism:
    """A reason why. No accuracy proves one; a control can show what must follow from it.

    Attributes:
        why: What the control does and what must follow; without one, why there is none.
        expects: What must follow: all of it.
    """

    kind: ClassVar[Kind] = "mechanism"
    why: str
    expects: tuple[Order | Equivalence, ...] = ()

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(arm for expected in self.expects for arm in expected.arms))


Test = Number | Order | Extreme | Trend | Equivalence | Epoch | Stability | Mechanism
