"""Arms of a study: for one recipe, the value of a metric under each seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.selection import NO_MEASUREMENTS, answers_by_seed

Architecture: TypeAlias = tuple[object, ...]

RESOLUTION = 0.0001
"""Default resolution of values: that of an accuracy on 10,000 images, and the last digit that is shown of a loss."""


@dataclass(frozen=True)
class Arm:
    """The values that the trainings of one recipe have of a metric.

    Attributes:
        name: The name of the recipe.
        values: The finite value of the metric, by seed.
        architecture: Arms of the same architecture have the same initial weights and the same order of images under
            the same seed, so their trainings can be paired by seed. None: it is not known, and nothing is paired.
        diverged: Number of trainings that diverged. They have no value, so they are missing from every mean and have to
            be reported next to it.

    Raises:
        ValueError: A value is infinite or NaN.

    Example:
        >>> arm = Arm("relu", {1: 0.979, 0: 0.978}, diverged=1)
        >>> arm.n, arm.values_of([1, 0])
        (2, [0.978, 0.979])
    """

    name: str
    values: Mapping[int, float] = field(default_factory=dict)
    architecture: Architecture | None = None
    diverged: int = 0
    resolution: float = RESOLUTION

    def __post_init__(self) -> None:
        for seed, value in self.values.items():
            if not math.isfinite(value):
                raise ValueError(f"the arm {self.name} has {value} for seed {seed}: count it as diverged instead")

    @property
    def n(self) -> int:
        """Number of seeds with a value."""
        return len(self.values)

    def values_of(self, seeds: Iterable[int]) -> list[float]:
        """The values of some seeds, in ascending order of the seeds."""
        return [self.values[seed] for seed in sorted(seeds)]


def arm_of(
    name: str,
    records: Iterable[Record],
    value_of: Callable[[Record], float | None],
    measurements: frozenset[str] = NO_MEASUREMENTS,
    resolution: float = RESOLUTION,
) -> Arm:
    """Make an arm from the runs of one recipe.

    Of several runs of one seed the one counts that :mod:`mnist_lab.experiments.selection` selects. Only finished runs
    have a value; runs that diverged are counted.

    Args:
        name: The name of the arm.
        records: Runs on one backend that differ in nothing but their seeds.
        value_of: Gives the value of a run. A run without a finite value is left out.
        measurements: What a run must have measured in addition to training. Default: nothing.
        resolution: The least step between two values.

    Raises:
        ValueError: The runs have several architectures.
    """
    records = list(records)
    architectures = {architecture_of(record.experiment) for record in records}
    if len(architectures) > 1:
        raise ValueError(f"the runs of the arm {name} have {len(architectures)} architectures")
    by_seed = answers_by_seed(records, measurements)
    found = {seed: value_of(record) for seed, record in by_seed.items() if record.status == "finished"}
    values = {seed: float(value) for seed, value in found.items() if value is not None and math.isfinite(value)}
    return Arm(name, values, next(iter(architectures), None), len(by_seed) - len(found), resolution)


def architecture_of(experiment: Experiment) -> Architecture:
    """The fields that determine the shapes of all weights and, with the seed, their initial values."""
    return experiment.network, experiment.depth, experiment.units, experiment.filters
