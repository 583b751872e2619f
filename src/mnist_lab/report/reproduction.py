"""Reproducing the report: the trainings that its claims need, a time budget, and withdrawing the rest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mnist_lab.errors import DamagedRunError, UsageError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.selection import NO_MEASUREMENTS
from mnist_lab.report.claims.kinds import Mechanism
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.metrics import metric_of
from mnist_lab.report.ledger.trainings import recipe
from mnist_lab.runs import requests
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store
from mnist_lab.workers.placement import Placement

STUDY = "reproduction"
"""The study under which the runs are requested."""


@dataclass(frozen=True)
class ReproductionPlan:
    """The trainings that are needed to judge claims.

    Attributes:
        claims: The claims to be judged.
        seeds: Number of seeds of each network.
        conv_seeds: Number of seeds of each convolutional network; None for as many as of the others.
        epochs: The most epochs of a training, in a rehearsal; None for as many as the presets have.
    """

    claims: tuple[Claim, ...]
    seeds: int
    conv_seeds: int | None = None
    epochs: int | None = None

    def plans(self) -> list[Planned]:
        """All trainings that are needed, each experiment once even if several presets name it.

        Dense networks come before convolutional ones, which take thirty times as long, then lower seeds before higher
        ones, so that all claims can be judged early, then fewer epochs before more.
        """
        names: dict[Experiment, str] = {}
        measurements: dict[Experiment, frozenset[str]] = {}
        for claim in self.claims:
            for name in claim.test.arms:
                names.setdefault(recipe(name, self.epochs), name)
            for part in claim.test.expects if isinstance(claim.test, Mechanism) else ():
                for network in (recipe(name, self.epochs) for name in part.arms):
                    measurements[network] = (
                        measurements.get(network, NO_MEASUREMENTS) | metric_of(part.metric).measurements
                    )
        seeds = {"dense": self.seeds, "conv": self.seeds if self.conv_seeds is None else self.conv_seeds}
        plans = [
            Planned(
                network.derive(seed=seed),
                f"{name} s{seed}",
                preset=name,
                study=STUDY,
                measurements=measurements.get(network, frozenset()),
            )
            for network, name in names.items()
            for seed in range(seeds[network.network])
        ]
        return sorted(plans, key=_cost)


def _cost(planned: Planned) -> tuple[bool, int, int]:
    return planned.experiment.network == "conv", planned.experiment.seed, planned.experiment.epochs


def affordable(
    wanted: Sequence[Planned], views: Sequence[RunSnapshot], placement: Placement, seconds: float
) -> Sequence[Planned]:
    """The first of some trainings that take at most so many seconds, as estimated from earlier runs.

    Only the first one where no similar training was ever run here: then its duration becomes known.

    Args:
        wanted: The trainings, in the order in which they are wanted.
        views: Earlier runs of the folder.
        placement: How trainings are divided among workers here.
        seconds: The time that there is.
    """
    experiments = [planned.experiment for planned in wanted]
    if seconds <= 0 or not wanted:
        return ()
    if seconds_for(experiments[:1], views, placement) is None:
        return wanted[:1]

    def cost(count: int) -> float:
        known = seconds_for(experiments[:count], views, placement)
        return float("inf") if known is None else known

    return wanted[: bisect_right(range(1, len(wanted) + 1), seconds, key=cost)]


def withdraw_queued(store: Store, run_ids: Iterable[str]) -> None:
    """Withdraw those of some runs that no worker has leased yet, the last first; the others continue.

    Raises:
        StoreError: The withdrawal could not be written.
    """
    for run in reversed(store.read_many(list(run_ids))):
        if run.live:
            try:
                requests.withdraw(store, run)
            except (UsageError, DamagedRunError):
                continue  # it has just ended by itself, or cannot be read any more


def remove_unstarted(store: Store, run_ids: Iterable[str]) -> None:
    """Remove those of some runs that were stopped before their first step, which hold no results.

    Raises:
        StoreError: They could not be removed.
    """
    for run in store.read_many(list(run_ids)):
        if run.record is not None and run.status == "stopped" and run.record.model is None:
            store.remove(run.id)
