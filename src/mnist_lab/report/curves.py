"""Learning curves of a network over its seeds: their mean, how far they reach, and where early stopping ended them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from mnist_lab.experiments.record import Metric, Record
from mnist_lab.experiments.selection import answers_by_seed


@dataclass(frozen=True)
class Stop:
    """Where early stopping ended one training: the epoch whose weights were kept, and the last one, from 1."""

    kept: int
    kept_value: float
    last: int
    last_value: float


@dataclass(frozen=True)
class Curve:
    """One figure of one network, epoch by epoch.

    Attributes:
        name: What the network is called.
        mean: Over the seeds, as far as all of them have an epoch.
        low: The lowest seed of each epoch.
        high: The highest.
        stops: One a training with early stopping; empty without it.
        diverged: How many seeds diverged. They are not drawn: whoever shows the others has to tell this too.
    """

    name: str
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    stops: tuple[Stop, ...] = ()
    diverged: int = 0


def curve_of(name: str, records: Sequence[Record], metric: Metric) -> Curve:
    """The curve of a network's finished trainings, of each seed the run that counts; empty where there are none."""
    counting = answers_by_seed(records).values()
    chosen = [record for record in counting if record.status == "finished" and record.history.get(metric)]
    epochs = list(zip(*(record.history[metric] for record in chosen), strict=False))
    return Curve(
        name,
        tuple(map(fmean, epochs)),
        tuple(map(min, epochs)),
        tuple(map(max, epochs)),
        tuple(_stop(record, metric) for record in chosen if record.experiment.early_stopping and record.best_epoch),
        sum(record.status == "diverged" for record in counting),
    )


def _stop(record: Record, metric: Metric) -> Stop:
    curve = record.history[metric]
    kept, last = record.best_epoch or 1, len(curve)
    return Stop(kept, curve[kept - 1], last, curve[last - 1])
