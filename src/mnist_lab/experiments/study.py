"""A study: recipes that differ in one factor, their seeds, and the comparisons to make."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from annotated_types import Ge, Le, MaxLen
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import FIELDS, FORMER_NAMES, Experiment
from mnist_lab.experiments.limits import MAX_SEED, Moment
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import MAX_SCHEMA, Backend, Record
from mnist_lab.experiments.selection import on_backend
from mnist_lab.text import CleanLine

SCHEMA = 1

MAX_SEEDS = 10_000
"""Most seeds of a study."""

MAX_TRAININGS = 100_000
"""Most trainings of a study: arms times seeds."""

Family = Literal["baseline", "pairs"]
"""Each arm versus the baseline, or all pairs of arms."""


class Study(BaseModel):
    """Declaration of a study. Declared again with more seeds, it is the same study and gains the seeds.

    Attributes:
        id: Derived from all of the declaration but the seeds, see :func:`id_of`.
        title: The section it is from, or the fields that were varied.
        factor: The fields of :class:`~mnist_lab.experiments.experiment.Experiment` in which the arms differ.
        arms: The recipes by name, with seed 0.
        baseline: The name of the arm that the others are compared with.
        margin: The smallest difference that matters, in the unit of the metric compared; of accuracies a fraction.
        seeds: All seeds ever requested, lowest first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)

    schema_: int = Field(SCHEMA, alias="schema", ge=0, le=MAX_SCHEMA)
    id: CleanLine
    title: CleanLine
    factor: Annotated[
        tuple[Annotated[CleanLine, AfterValidator(lambda name: FORMER_NAMES.get(name, name))], ...], MaxLen(1_000)
    ]
    arms: Mapping[CleanLine, Experiment] = Field(min_length=1, max_length=MAX_TRAININGS)
    baseline: CleanLine
    family: Family = "baseline"
    margin: float = Field(0.001, gt=0, le=1e9)
    backend: Backend = "tensorflow"
    seeds: Annotated[tuple[Annotated[int, Ge(0), Le(MAX_SEED)], ...], MaxLen(MAX_SEEDS)] = ()
    asked_at: Moment

    @model_validator(mode="after")
    def _has_its_baseline(self) -> Self:
        if self.baseline not in self.arms:
            raise PydanticCustomError("baseline", "its baseline is none of its arms")
        if len(self.arms) * len(self.seeds) > MAX_TRAININGS:
            raise PydanticCustomError("trainings", f"it has more than {MAX_TRAININGS:,} trainings")
        return self

    def trainings(self) -> Iterator[tuple[str, Experiment]]:
        """Each arm with each seed, seed by seed, so that the first comparison is complete early."""
        known = self._trainings.get(self.seeds)
        if known is None:
            known = tuple((name, recipe.derive(seed=seed)) for seed in self.seeds for name, recipe in self.arms.items())
            self._trainings[self.seeds] = known
        return iter(known)

    def arm_of(self, experiment: Experiment) -> str | None:
        """The arm that an experiment belongs to, whatever its seed."""
        return self._arm_by_recipe.get(experiment.unseeded())

    def records(self, records: Iterable[Record]) -> dict[str, list[Record]]:
        """The runs of each arm on the study's backend, whichever study they were requested for."""
        found: dict[str, list[Record]] = {name: [] for name in self.arms}
        for record in records:
            name = self.arm_of(record.experiment)
            if name is not None and on_backend(record, self.backend):
                found[name].append(record)
        return found

    @cached_property
    def _trainings(self) -> dict[tuple[int, ...], tuple[tuple[str, Experiment], ...]]:
        """The trainings by the seeds, kept because deriving thousands takes too long for each refresh of a screen.

        A copy of the study with more seeds has the same cache.
        """
        return {}

    @cached_property
    def _arm_by_recipe(self) -> dict[Experiment, str]:
        return {recipe: name for name, recipe in self.arms.items()}


def of_plans(plans: Sequence[Planned], seeds: Sequence[int], backend: Backend = "tensorflow", **stated: Any) -> Study:
    """The study of some plans, the first of which is its baseline.

    Args:
        plans: The arms, each once; their seeds are ignored.
        seeds: Seeds to train each arm with.
        backend: Keras's backend.
        stated: ``margin`` and ``family``; None where they are not stated, so that a saved study keeps its own.

    Raises:
        UsageError: It would have more than :data:`MAX_TRAININGS` trainings.
    """
    arms = {planned.label: planned.experiment.unseeded() for planned in plans}
    if len(arms) * len(seeds) > MAX_TRAININGS:
        raise UsageError(f"A study has at most {MAX_TRAININGS:,} trainings; ask for fewer seeds or values.")
    title = plans[0].study or plans[0].label
    return Study(
        id=id_of(title, arms, backend),
        title=title,
        factor=factor_of(arms.values()),
        arms=arms,
        baseline=plans[0].label,
        backend=backend,
        seeds=tuple(sorted(seeds)),
        asked_at=datetime.now(UTC),
        **{name: value for name, value in stated.items() if value is not None},
    )


def factor_of(arms: Iterable[Experiment]) -> tuple[str, ...]:
    """The fields in which arms differ; a field with an effect in only some arms counts where those differ in it."""
    effective = [recipe.effective() for recipe in arms]
    values = {name: {fields[name] for fields in effective if name in fields} for name in FIELDS}
    return tuple(name for name, found in values.items() if len(found) > 1)


def id_of(title: str, arms: Mapping[str, Experiment], backend: Backend) -> str:
    """The id of a study: its title in ASCII-like letters, and six hex digits of a digest of its arms and backend.

    The digest has fields under their former names, so that a study of an earlier version keeps its id.
    """
    former_title = _with_former_names(title.lower())
    slug = "-".join("".join(letter if letter.isalnum() else " " for letter in former_title).split())
    recipes = sorted(_with_former_names(recipe.unseeded().model_dump_json()) for recipe in arms.values())
    declared = "\n".join([backend, *recipes])
    return f"{slug}-{hashlib.sha256(declared.encode()).hexdigest()[:6]}"


def _with_former_names(text: str) -> str:
    for former, name in FORMER_NAMES.items():
        text = text.replace(name, former)
    return text
