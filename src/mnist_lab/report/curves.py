"""Learning curves of a network over its seeds: their mean, how far they reach, and where early stopping ended them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from mnist_lab.experiments.record import Metric, Record


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
    """

    name: str
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    stops: tuple[Stop, ...] = ()


def curve_of(name: str, records: Sequence[Record], metric: Metric) -> Curve:
    """The curve of a network's finished trainings, of each seed the first; empty where there are none."""
    by_seed: dict[int, Record] = {}
    for record in sorted(records, key=lambda record: record.id):
        if record.status == "finished" and record.history.get(metric):
            by_seed.setdefault(record.experiment.seed, record)
    chosen = list(by_seed.values())
    epochs = list(zip(*(record.history[metric] for record in chosen), strict=False))
    return Curve(
        name,
        tuple(map(fmean, epochs)),
        tuple(map(min, epochs)),
        tuple(map(max, epochs)),
        tuple(_stop(record, metric) for record in chosen if record.experiment.early_stopping and record.best_epoch),
    )


def _stop(record: Record, metric: Metric) -> Stop:
    curve = record.history[metric]
    kept, last = record.best_epoch or 1, len(curve)
    return Stop(kept, curve[kept - 1], last, curve[last - 1])
