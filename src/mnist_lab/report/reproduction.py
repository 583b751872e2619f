"""The trainings that the report's claims need, what of them a time affords, and giving up on the rest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.selection import NO_MEASUREMENTS
from mnist_lab.report.claims.kinds import Mechanism
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.measures import measured
from mnist_lab.report.ledger.trainings import recipe
from mnist_lab.runs import requests
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store
from mnist_lab.workers.placement import Placement

STUDY = "reproduction"
"""What such runs are asked for as."""


@dataclass(frozen=True)
class Aim:
    """What is to be there.

    Attributes:
        claims: The claims to be judged.
        seeds: How many of each network.
        conv_seeds: How many of a convolutional one; None: as many.
        epochs: The most that a network is trained for, in a rehearsal; None: as the claims have it.
    """

    claims: tuple[Claim, ...]
    seeds: int
    conv_seeds: int | None = None
    epochs: int | None = None

    def plans(self) -> list[Planned]:
        """Every training that is to be there.

        Each experiment once, though claims know it by several names. Cheapest evidence first: dense networks before
        convolutional ones, which take thirty times as long, then seed by seed, so that all claims can be judged
        early, and of a seed the short trainings first.
        """
        names: dict[Experiment, str] = {}
        measurements: dict[Experiment, frozenset[str]] = {}
        for claim in self.claims:
            for name in claim.test.arms:
                names.setdefault(recipe(name, self.epochs), name)
            for part in claim.test.expects if isinstance(claim.test, Mechanism) else ():
                for network in (recipe(name, self.epochs) for name in part.arms):
                    measurements[network] = (
                        measurements.get(network, NO_MEASUREMENTS) | measured(part.measure).measurements
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
    """As many of the first as can be trained in so many seconds, by what trainings here have taken.

    Where nothing like the first of them was ever trained here, it alone: then it is known.
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


def give_up_waiting(store: Store, run_ids: Iterable[str]) -> None:
    """End those of some runs that no worker has taken yet, the last first; what is under way goes on.

    Raises:
        StoreError: That could not be written.
    """
    for run in reversed(store.read_many(list(run_ids))):
        if run.live:
            try:
                requests.withdraw(store, run)
            except UsageError:
                continue  # it has just ended by itself, or cannot be read any more


def forget_unbegun(store: Store, run_ids: Iterable[str]) -> None:
    """Remove those of some runs that were stopped before their first step: there is nothing in them.

    Raises:
        StoreError: They could not be removed.
    """
    for run in store.read_many(list(run_ids)):
        if run.record is not None and run.status == "stopped" and run.record.model is None:
            store.remove(run.id)
