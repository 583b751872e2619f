"""A study: recipes that differ in one factor, the seeds that each is trained with, and what is compared with what."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mnist_lab.experiment import Experiment
from mnist_lab.record import Backend, Record
from mnist_lab.text import CleanLine

SCHEMA = 1

Family = Literal["baseline", "pairs"]
"""Each arm against the baseline, or every arm against every other."""


class Study(BaseModel):
    """What was declared. Asked for again with more seeds, it is the same study, and only grows.

    Attributes:
        id: Made of what is declared, without the seeds: the same question has the same id.
        title: The section it is from, or the fields that were varied.
        factor: The fields of :class:`~mnist_lab.experiment.Experiment` in which the arms differ.
        arms: The recipes by name, with seed 0.
        baseline: The name of the arm that the others are compared with.
        margin: The least difference that matters, in the unit of the figure judged; of accuracies a fraction.
        seeds: All that were ever asked for, lowest first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    schema_: int = Field(SCHEMA, alias="schema")
    id: CleanLine
    title: CleanLine
    factor: tuple[CleanLine, ...]
    arms: Mapping[CleanLine, Experiment] = Field(min_length=1)
    baseline: CleanLine
    family: Family = "baseline"
    margin: float = Field(0.001, gt=0)
    backend: Backend = "tensorflow"
    seeds: tuple[int, ...] = ()
    asked_at: AwareDatetime

    def trainings(self) -> Iterator[tuple[str, Experiment]]:
        """Every arm with every seed, seed by seed: the first comparison is whole early."""
        for seed in self.seeds:
            for name, recipe in self.arms.items():
                yield name, recipe.derive(seed=seed)

    def arm_of(self, experiment: Experiment) -> str | None:
        """The arm that an experiment belongs to, whatever its seed."""
        return self._arm_by_recipe.get(experiment.unseeded())

    def records(self, records: Iterable[Record]) -> dict[str, list[Record]]:
        """The runs of each arm, of whatever study they were made for; those made on another backend are none of it."""
        found: dict[str, list[Record]] = {name: [] for name in self.arms}
        for record in records:
            name = self.arm_of(record.experiment)
            if name is not None and record.environment.backend in (self.backend, ""):
                found[name].append(record)
        return found

    @cached_property
    def _arm_by_recipe(self) -> dict[Experiment, str]:
        return {recipe: name for name, recipe in self.arms.items()}


def id_of(title: str, arms: Mapping[str, Experiment], backend: Backend) -> str:
    """The id of a study: its title in plain letters, and six digits of what it trains."""
    slug = "-".join("".join(letter if letter.isalnum() else " " for letter in title.lower()).split())
    declared = "\n".join([backend, *sorted(recipe.unseeded().model_dump_json() for recipe in arms.values())])
    return f"{slug}-{hashlib.sha256(declared.encode()).hexdigest()[:6]}"
