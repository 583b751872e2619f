"""What early stopping would have done on a curve that is there already, without training again."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Metric, Record
from mnist_lab.formatting import PERCENT, plural
from mnist_lab.training.early_stopping import EarlyStopping


@dataclass(frozen=True)
class Replay:
    """A rule on a finished curve.

    Attributes:
        rule: The rule.
        epochs: Epochs of the curve.
        stopped_at: The epoch after which it would have stopped, from 1; None where the curve ends before it would.
        kept: The epoch whose weights it would have kept.
        complete: Whether the curve goes as far as its training was to go. Where neither this nor ``stopped_at`` is
            so, the curve is too short to say.
        val_accuracy: Of the kept epoch, a fraction.
        last_val_accuracy: Of the curve's last epoch.
        best_val_accuracy: The highest on the curve.
    """

    rule: EarlyStopping
    epochs: int
    stopped_at: int | None
    kept: int
    complete: bool
    val_accuracy: float
    last_val_accuracy: float
    best_val_accuracy: float

    @property
    def too_short(self) -> bool:
        """Whether the curve ends too early to say when training would have ended."""
        return self.stopped_at is None and not self.complete

    @property
    def epochs_saved(self) -> int:
        """Epochs of the curve that would not have been trained."""
        return 0 if self.stopped_at is None else self.epochs - self.stopped_at

    @property
    def given_up(self) -> float:
        """Validation accuracy given up against the curve's last epoch; negative where it gained."""
        return self.last_val_accuracy - self.val_accuracy


def replay(record: Record, rule: EarlyStopping) -> Replay:
    """Run the rule over a record's curve.

    Raises:
        UsageError: The run has no whole epoch, so there is no curve.
    """
    values = record.history.get(rule.monitor, [])
    accuracies = record.history["val_accuracy"]
    if not values or not accuracies:
        raise UsageError(f"Run {record.id} has no whole epoch, so there is no curve on which to replay anything.")
    watch = rule.replay(values)
    kept = watch.best_epoch if rule.restore_best_weights and watch.best_epoch is not None else watch.epoch
    return Replay(
        rule=rule,
        epochs=len(values),
        stopped_at=watch.epoch if watch.stop else None,
        kept=kept,
        complete=record.epochs_run >= record.experiment.epochs,
        val_accuracy=accuracies[kept - 1],
        last_val_accuracy=accuracies[-1],
        best_val_accuracy=max(accuracies),
    )


def rule_for(experiment: Experiment, **changes: object) -> EarlyStopping:
    """The experiment's own early-stopping fields, with some of them changed.

    Values may be text, as a person typed it; those that are None stay.

    Raises:
        UsageError: A value is outside its field's limits.
    """
    chosen = {name: value for name, value in changes.items() if value is not None}
    rule = EarlyStopping.of(experiment.derive(early_stopping=True).derive(**chosen))
    assert rule is not None
    return rule


def in_words(found: Replay) -> str:
    """What would have happened, in two sentences at most."""
    rule = found.rule
    name = f"patience {rule.patience} on {rule.monitor}"
    if rule.min_delta:
        name += f" and min_delta {rule.min_delta:g}"
    if found.too_short:
        return (
            f"With {name} it would not have stopped within the {found.epochs} epochs of this curve, which ends too "
            "early to tell when it would."
        )
    if found.stopped_at is None:
        start = f"With {name} it would have gone on to the end"
    else:
        where = f"{plural(found.epochs_saved, 'epoch')} earlier" if found.epochs_saved else "where this curve ends"
        start = f"With {name} it would have stopped after epoch {found.stopped_at}, {where}"
    return f"{start}, and kept epoch {found.kept}: {_cost(found)}."


def _cost(found: Replay) -> str:
    if math.isnan(found.val_accuracy):
        return "it had diverged"
    kept, change = f"{PERCENT.value(found.val_accuracy)} validation accuracy", found.given_up
    if not math.isfinite(change):
        return kept
    if not change:
        return f"{kept}, the same accuracy as its last epoch has"
    return f"{kept}, {PERCENT.difference(abs(change))} {'less' if change > 0 else 'more'} than its last epoch has"


def caution(experiment: Experiment, found: Replay) -> str:
    """What has to be said of the kept epoch's accuracy; empty where nothing has to."""
    if experiment.protocol == "report" and found.rule.monitor.startswith("val_") and not found.too_short:
        return "The epoch was chosen on the test images, so its accuracy is a little too good."
    return ""


_MIN_DELTAS = (0.0, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Steps of ``min_delta``."""


def more_patient(rule: EarlyStopping, by: int, epochs: int) -> EarlyStopping:
    """The rule with its patience changed by so many epochs, as far as that means anything on a curve of ``epochs``."""
    return replace(rule, patience=max(0, min(rule.patience + by, max(epochs, rule.patience))))


def stricter(rule: EarlyStopping, by: int) -> EarlyStopping:
    """The rule with the next larger ``min_delta`` where ``by`` is above 0, with the next smaller where it is below."""
    larger = [step for step in _MIN_DELTAS if step > rule.min_delta]
    smaller = [step for step in _MIN_DELTAS if step < rule.min_delta]
    steps = larger[:1] if by > 0 else smaller[-1:]
    return replace(rule, min_delta=steps[0]) if steps else rule


def next_monitor(rule: EarlyStopping) -> EarlyStopping:
    """The rule with the next figure to watch."""
    order: tuple[Metric, ...] = ("val_loss", "val_accuracy", "loss", "accuracy")
    return replace(rule, monitor=order[(order.index(rule.monitor) + 1) % len(order)])
