"""Two control experiments: an A/A test, and runs that measure what choosing the epoch on the test images adds."""

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

AA_PRESET = "baseline"
"""The preset that is compared with itself."""

AA_COMMAND = f"mnist-lab run --preset {AA_PRESET} --seeds 40"
OPTIMISM_COMMAND = "mnist-lab run --preset dense-early --set protocol=holdout --test-curve --seeds 20"


def aa_test(trainings: Trainings) -> Comparison | None:
    """Compare the upper half of the default network's seeds with the lower half; None with too few seeds."""
    arm = trainings.arm(AA_PRESET, "val_accuracy")
    seeds = sorted(arm.values)
    half = len(seeds) // 2
    if half < MIN_SEEDS:
        return None
    lower, upper = (
        Arm(f"{AA_PRESET}, seeds {part[0]} to {part[-1]}", {seed: arm.values[seed] for seed in part})
        for part in (seeds[:half], seeds[half : 2 * half])
    )
    [judged] = comparisons.judge([(upper, lower)])
    return judged


def holdout_records(claims: Iterable[Claim], records: Iterable[Record], epochs: int | None = None) -> list[Record]:
    """The records of claims' networks, trained with held-out images, whose optimism is known."""
    networks = {recipe(name, epochs) for claim in claims for name in claim.test.arms}
    return [
        record
        for record in filter(on_backend, records)
        if optimism_of(record) is not None and record.experiment.unseeded().derive(protocol="report") in networks
    ]
