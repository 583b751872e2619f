"""Learning curves of a network averaged over its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from mnist_lab.experiments.record import Metric, Record
from mnist_lab.experiments.selection import answers_by_seed


@dataclass(frozen=True)
class EarlyStop:
    """Where early stopping ended one training: the epoch whose weights were kept and the last one, from 1."""

    kept: int
    kept_value: float
    last: int
    last_value: float


@dataclass(frozen=True)
class MeanCurve:
    """A metric of one network by epoch.

    Attributes:
        name: Name of the network.
        mean: Mean over the seeds, as far as all of them have an epoch.
        low: Lowest value of any seed at each epoch.
        high: Highest value of any seed at each epoch.
        stops: Where each training with early stopping ended; empty without early stopping.
    """

    name: str
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    stops: tuple[EarlyStop, ...] = ()


def mean_curve(name: str, records: Sequence[Record], metric: Metric) -> MeanCurve:
    """The mean curve of a network's finished trainings; empty where there are none.

    Of several runs of one seed the one counts that :mod:`mnist_lab.experiments.selection` selects.
    """
    by_seed = answers_by_seed(records)
    chosen = [record for record in by_seed.values() if record.status == "finished" and record.history.get(metric)]
    epochs = list(zip(*(record.history[metric] for record in chosen), strict=False))
    return MeanCurve(
        name,
        tuple(map(fmean, epochs)),
        tuple(map(min, epochs)),
        tuple(map(max, epochs)),
        tuple(_stop(record, metric) for record in chosen if record.experiment.early_stopping and record.best_epoch),
    )


def _stop(record: Record, metric: Metric) -> EarlyStop:
    curve = record.history[metric]
    kept, last = record.best_epoch or 1, len(curve)
    return EarlyStop(kept, curve[kept - 1], last, curve[last - 1])
