"""An arm of a study: one recipe, and a figure of its training under each seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.selection import NO_MEASUREMENTS, answers_by_seed

Architecture: TypeAlias = tuple[object, ...]


@dataclass(frozen=True)
class Arm:
    """What one recipe has come to.

    Attributes:
        name: What it is called.
        values: The figure by seed, finite.
        architecture: Arms of one architecture begin a seed with the same weights and see the images in the same order,
            so that their trainings of one seed are a pair. None: nothing is known, and no pairs are made.
        diverged: How many trainings diverged. They have no figure: whoever tells the mean of the others has to tell
            this too.
    """

    name: str
    values: Mapping[int, float] = field(default_factory=dict)
    architecture: Architecture | None = None
    diverged: int = 0

    def __post_init__(self) -> None:
        for seed, value in self.values.items():
            if not math.isfinite(value):
                raise ValueError(f"the arm {self.name} has {value} for seed {seed}: count it as diverged instead")

    @property
    def n(self) -> int:
        """How many seeds have a figure."""
        return len(self.values)

    def figures(self, seeds: Iterable[int]) -> list[float]:
        """The figures of some seeds, lowest seed first."""
        return [self.values[seed] for seed in sorted(seeds)]


def arm_of(
    name: str,
    records: Iterable[Record],
    figure: Callable[[Record], float | None],
    measurements: frozenset[str] = NO_MEASUREMENTS,
) -> Arm:
    """The arm that runs of one recipe make, of each seed the run that counts.

    See :mod:`mnist_lab.experiments.selection`. Only finished runs have a figure; those that diverged are counted.

    Args:
        name: What to call it.
        records: Runs on one backend that differ in their seeds alone.
        figure: What counts of a run; None or no finite number where the run has none, which leaves it out.
        measurements: What has to be measured beside training for a run to have that figure.

    Raises:
        ValueError: The runs have several architectures.
    """
    records = list(records)
    architectures = {architecture_of(record.experiment) for record in records}
    if len(architectures) > 1:
        raise ValueError(f"the runs of the arm {name} have {len(architectures)} architectures")
    counting = answers_by_seed(records, measurements)
    figures = {seed: figure(record) for seed, record in counting.items() if record.status == "finished"}
    values = {seed: float(value) for seed, value in figures.items() if value is not None and math.isfinite(value)}
    return Arm(name, values, next(iter(architectures), None), len(counting) - len(figures))


def architecture_of(experiment: Experiment) -> Architecture:
    """What fixes the shapes of a network's weights, and with a seed their first values."""
    return experiment.network, experiment.depth, experiment.units, experiment.filters
