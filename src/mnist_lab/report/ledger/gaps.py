"""Which trainings the claims still lack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Record
from mnist_lab.report.claims.kinds import Mechanism
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.trainings import Trainings, recipe


@dataclass(frozen=True)
class MissingRun:
    """A training that claims lack.

    Attributes:
        experiment: What to train.
        preset: What the claims call it.
        gradient_norms: Whether they need the norms of its gradients.
    """

    experiment: Experiment
    preset: str
    gradient_norms: bool = False


def missing(
    claims: Iterable[Claim],
    records: Iterable[Record],
    seeds: int,
    *,
    conv_seeds: int | None = None,
    epochs: int | None = None,
) -> list[MissingRun]:
    """The trainings that are lacking for so many seeds of everything that the claims are about.

    Each experiment once, though claims know it by several names. Cheapest evidence first: dense networks before
    convolutional ones, then seed by seed, so that all claims can be judged early, and of a seed the short trainings
    first. A training that diverged is an answer and is not asked for again.

    Args:
        claims: Any.
        records: All runs there are.
        seeds: How many of each network.
        conv_seeds: How many of a convolutional one, which takes thirty times as long; None: as many.
        epochs: The most that a network is trained for, in a rehearsal; None: as the claims have it.
    """
    wanted_of = {"dense": seeds, "conv": seeds if conv_seeds is None else conv_seeds}
    trainings = Trainings(records, epochs)
    named: dict[Experiment, str] = {}
    with_norms: set[Experiment] = set()
    for claim in claims:
        for name in claim.test.arms:
            named.setdefault(recipe(name, epochs), name)
        if isinstance(claim.test, Mechanism):
            needing = [part for part in claim.test.expects if part.measure == "gradient_share"]
            with_norms.update(recipe(name, epochs) for part in needing for name in part.arms)
    wanted = [
        MissingRun(network.derive(seed=seed), name, gradient_norms=network in with_norms)
        for network, name in named.items()
        for seed in sorted(
            set(range(wanted_of[network.network])) - _seeds_there(trainings.of(name), norms=network in with_norms)
        )
    ]
    return sorted(wanted, key=_cost)


def _seeds_there(records: Sequence[Record], *, norms: bool) -> set[int]:
    """The seeds that need no further training."""
    return {
        record.experiment.seed
        for record in records
        if record.status == "diverged" or (record.status == "finished" and (not norms or record.gradient_norms))
    }


def _cost(run: MissingRun) -> tuple[bool, int, int]:
    return run.experiment.network == "conv", run.experiment.seed, run.experiment.epochs
