"""Estimates of how long trainings will take on this machine, by the runs it has trained."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.workers.placement import Placement

_WORK = ("network", "depth", "units", "filters", "batch_size", "precision", "train_size", "protocol")
"""The fields on which the time of an epoch rests."""


def seconds_for(
    experiments: Sequence[Experiment],
    views: Sequence[RunSnapshot],
    placement: Placement,
    going: Sequence[RunSnapshot] = (),
) -> float | None:
    """Seconds that some trainings will take, side by side where there is room, if each runs to its last epoch.

    Args:
        experiments: What is to be trained.
        views: Runs made here, newest last.
        placement: How trainings are divided among workers here.
        going: Runs that train already, of which only what is left counts.

    Returns:
        None where one of them is unlike anything trained here.
    """
    begun = [(view.experiment, 1 - view.done) for view in going if view.experiment is not None]
    shares = [1.0] * len(experiments) + [share for _, share in begun]
    experiments = [*experiments, *(experiment for experiment, _ in begun)]
    if not experiments:
        return 0.0
    alike = dict.fromkeys(map(_work, experiments), 0.0)
    kind = {experiment.network: 0.0 for experiment in experiments}
    for view in reversed(views):
        if all(alike.values()):
            break
        if view.experiment is None or not view.seconds or view.experiment.network not in kind:
            continue
        kind[view.experiment.network] = kind[view.experiment.network] or median(view.seconds)
        work = _work(view.experiment)
        if alike.get(work) == 0:
            alike[work] = median(view.seconds)
    seconds_of_each = [alike[_work(experiment)] or kind[experiment.network] for experiment in experiments]
    if not all(seconds_of_each):
        return None
    seconds = [
        per_epoch * experiment.epochs * share
        for per_epoch, experiment, share in zip(seconds_of_each, experiments, shares, strict=True)
    ]
    side_by_side = min(placement.slots(threads) for threads in placement.threads_for(experiments))
    return max(max(seconds), sum(seconds) / side_by_side)


def _work(experiment: Experiment) -> tuple[object, ...]:
    return tuple(getattr(experiment, name) for name in _WORK)
