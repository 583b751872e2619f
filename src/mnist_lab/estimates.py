"""How long trainings will take here, judged by those that were made here."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from mnist_lab.experiment import Experiment
from mnist_lab.following import RunView

_WORK = ("network", "depth", "units", "filters", "batch_size", "precision", "train_size", "protocol")
"""The fields on which the time of an epoch rests."""


def seconds_for(experiments: Iterable[Experiment], views: Iterable[RunView]) -> float | None:
    """Seconds that some trainings will take, one after another, if each goes on to its last epoch.

    Args:
        experiments: What is to be trained.
        views: Runs made here, newest last.

    Returns:
        None where one of them is unlike anything trained here.
    """
    alike: dict[tuple[object, ...], float] = {}
    kind: dict[str, float] = {}
    for view in views:
        if view.experiment is not None and view.seconds:
            pace = median(view.seconds)
            alike[_work(view.experiment)] = pace
            kind[view.experiment.network] = pace
    total = 0.0
    for experiment in experiments:
        pace_ = alike.get(_work(experiment), kind.get(experiment.network))
        if pace_ is None:
            return None
        total += pace_ * experiment.epochs
    return total


def _work(experiment: Experiment) -> tuple[object, ...]:
    return tuple(getattr(experiment, name) for name in _WORK)
