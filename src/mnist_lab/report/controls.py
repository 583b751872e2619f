"""Two controls: a comparison that must find nothing, and what choosing an epoch on the test images is worth."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.analysis.statistics import comparisons
from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.analysis.statistics.optimism import optimism_of
from mnist_lab.analysis.statistics.sequential import MIN_SEEDS
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.selection import on_backend
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.trainings import Trainings, recipe

TWICE = "baseline"
"""The network that is compared with itself."""

TWICE_COMMAND = f"mnist-lab run --preset {TWICE} --seeds 40"
OPTIMISM_COMMAND = "mnist-lab run --preset dense-early --set protocol=holdout --test-curve --seeds 20"


def same_twice(trainings: Trainings) -> Comparison | None:
    """The default network with the upper half of its seeds, beside itself with the lower half; None with too few."""
    arm = trainings.arm(TWICE, "val_accuracy")
    seeds = sorted(arm.values)
    half = len(seeds) // 2
    if half < MIN_SEEDS:
        return None
    lower, upper = (
        Arm(f"{TWICE}, seeds {part[0]} to {part[-1]}", {seed: arm.values[seed] for seed in part})
        for part in (seeds[:half], seeds[half : 2 * half])
    )
    [judged] = comparisons.judge([(upper, lower)])
    return judged


def held_out(claims: Iterable[Claim], records: Iterable[Record], epochs: int | None = None) -> list[Record]:
    """The trainings of claims' networks that watched images held out, and can tell what the test images add."""
    networks = {recipe(name, epochs) for claim in claims for name in claim.test.arms}
    return [
        record
        for record in filter(on_backend, records)
        if optimism_of(record) is not None and record.experiment.unseeded().derive(protocol="report") in networks
    ]
