"""Recipes: what the seeds of each come to, within the study that declares it, and the verdict on it.

Verdicts rest on all runs there are and on what each study declares. They are made before anything is filtered or
ordered, so that no choice of rows can change one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from operator import attrgetter

from mnist_lab.analysis.statistics.intervals import Interval, sampling_interval, summary
from mnist_lab.analysis.statistics.metrics import run_metric
from mnist_lab.analysis.statistics.verdicts import ArmSummary, StudyVerdict, judge_study
from mnist_lab.errors import UsageError
from mnist_lab.experiments import sections
from mnist_lab.experiments.experiment import MNIST_CHECKSUM, Experiment
from mnist_lab.experiments.presets import label_of, preset
from mnist_lab.experiments.record import Backend, Metric, Record
from mnist_lab.experiments.selection import answers_by_seed, backend_of
from mnist_lab.experiments.study import Study, factor_of

JUDGED_BY = "test_accuracy"
"""The metric by which recipes are judged, and its column."""

NETWORK = "network_low"
"""The column that stands for the interval of a single network."""

NO_STUDY = "no study"
"""What stands for the study of recipes that belong to none."""

Spread = Sequence[tuple[float, float, float]]
"""For each epoch the mean over seeds, and that less and plus their standard deviation."""

_Group = tuple[Experiment, list[Record]]
"""A recipe and its runs."""
_id = attrgetter("id")


@dataclass(frozen=True)
class Recipe:
    """An experiment without its seed, and what its runs come to.

    Attributes:
        name: What it is called, in its study where it has one.
        experiment: It, with seed 0.
        summary: Its metrics, and its comparison with the baseline where there is one.
        records: All its runs, the first that was asked for first.
        study: The study that declares it; None where none does.
        baseline: The name of the recipe that it is compared with, or that it is itself; empty where there is none.
    """

    name: str
    experiment: Experiment
    summary: ArmSummary
    records: Sequence[Record]
    study: Study | None = None
    baseline: str = ""

    @property
    def key(self) -> str:
        """Which row it is: a recipe may stand in several studies."""
        backend = "" if self.study or not self.records else backend_of(self.records[0])
        return "/".join((self.study.id if self.study else "", self.name, backend))

    @property
    def is_baseline(self) -> bool:
        return self.name == self.baseline

    @cached_property
    def trainings(self) -> Sequence[Record]:
        """The runs whose figures count, one a seed."""
        return [run for seed, run in answers_by_seed(self.records).items() if seed in self.summary.arm.values]

    @cached_property
    def network(self) -> Interval | None:
        """Where the accuracy of the one network that there is lies with 95 %; None where there are others, or none."""
        mean = self.summary.mean
        return (
            sampling_interval(mean) if self.summary.n == 1 and mean and self.experiment.data == MNIST_CHECKSUM else None
        )

    def spread(self, metric: Metric) -> Spread:
        """A metric over the epochs that every training has."""
        return self._spreads.setdefault(metric, _spread([record.history[metric] for record in self.trainings]))

    @cached_property
    def _spreads(self) -> dict[Metric, Spread]:
        return {}


class Recipes:
    """Makes recipes of runs; those whose runs are as they were are not judged again. Not for two threads at once."""

    def __init__(self) -> None:
        self._judged: dict[tuple[str, ...], tuple[Study | None, list[Recipe]]] = {}
        self._unseeded: dict[str, Experiment] = {}
        self._names: dict[str, str] = {}
        """What takes longest to find out of many runs, by their ids."""

    def of(
        self,
        records: Iterable[Record],
        studies: Sequence[Study],
        *,
        baseline: str | None = None,
        section: str | None = None,
    ) -> list[Recipe]:
        """The recipes of some runs: those of each study, in its order, then those of none.

        Args:
            records: All runs there are.
            studies: Those of the runs folder.
            baseline: The recipe of no study with which the other recipes of none are compared, by its name; None:
                those that are the section's own with the first of them.
            section: Only the recipes of this section or part. What a study says of them is the same with and without.

        Raises:
            UsageError: There is no such section or baseline, or what it is compared with differs in several factors.
        """
        asked = None if section is None else sections.section(section)

        def wanted(experiment: Experiment) -> bool:
            return asked is None or sections.arm_of(asked, experiment) is not None

        by_recipe: dict[Experiment, list[Record]] = {}
        for record in records:
            recipe = self._unseeded.get(record.id)
            if recipe is None:
                recipe = self._unseeded[record.id] = record.experiment.unseeded()
            by_recipe.setdefault(recipe, []).append(record)
        judged: dict[tuple[str, ...], tuple[Study | None, list[Recipe]]] = {}
        taken: set[str] = set()
        found: list[Recipe] = []
        for study in studies:
            runs = study.records(record for arm in study.arms.values() for record in by_recipe.get(arm, ()))
            ids = [record.id for arm in runs.values() for record in arm]
            if ids:
                key = study.id, *ids
                known = self._judged.get(key)
                judged[key] = known if known is not None and known[0] == study else (study, _of_study(study, runs))
                found += judged[key][1]
                taken.update(ids)
        free = self._by_name(
            (experiment, [record for record in group if record.id not in taken] if taken else group)
            for experiment, group in by_recipe.items()
            if wanted(experiment)
        )
        together = free if baseline is not None else _declared_by(asked, free)
        if together or baseline is not None:
            study = _undeclared(together, baseline or next(iter(together)))
            found += _of_study(study, {name: group for name, (_, group) in together.items()})
        for name, (experiment, group) in free.items():
            if name not in together:
                key = (name, *(record.id for record in group))
                if key not in self._judged:
                    self._judged[key] = None, [_alone(name, experiment, group)]
                judged[key] = self._judged[key]
                found += judged[key][1]
        self._judged = judged
        return found if asked is None else [recipe for recipe in found if wanted(recipe.experiment)]

    def _by_name(self, groups: Iterable[_Group]) -> dict[str, _Group]:
        """Runs of no study by what to call their recipes; with the backend where another one trained the same."""
        found: dict[str, _Group] = {}
        for experiment, group in groups:
            by_backend: dict[Backend, list[Record]] = {}
            for record in group:
                by_backend.setdefault(backend_of(record), []).append(record)
            for backend, records in by_backend.items():
                first = min(records, key=_id)
                name = self._names.get(first.id)
                if name is None:
                    name = self._names[first.id] = label_of(first.experiment, first.preset)
                found[f"{name} on {backend}" if len(by_backend) > 1 else name] = experiment, records
        return found


def _declared_by(asked: sections.Section | None, free: dict[str, _Group]) -> dict[str, _Group]:
    """Of the recipes of no study the section's own, its baseline first; none where they are not several."""
    if asked is None or asked.parts:
        return {}
    own = [preset(name) for name in sections.arms(asked)]
    found = [(name, group) for name, group in free.items() if group[0] in own]
    found.sort(key=lambda one: own.index(one[1][0]))
    alike = len({backend_of(record) for _, (_, records) in found for record in records}) == 1
    return dict(found) if len(found) > 1 and found[0][1][0] == own[0] and alike else {}


def _of_study(study: Study, runs: dict[str, list[Record]]) -> list[Recipe]:
    verdict: StudyVerdict = judge_study(study, [record for group in runs.values() for record in group], JUDGED_BY)
    declared = study if study.id else None
    return [
        Recipe(arm.name, study.arms[arm.name], arm, _asked(runs.get(arm.name, ())), declared, study.baseline)
        for arm in verdict.arms
    ]


def _alone(name: str, experiment: Experiment, records: Sequence[Record]) -> Recipe:
    """A recipe that is compared with nothing."""
    arm = run_metric(JUDGED_BY).arm(name, records)
    selected = any(record.selected_on_test for record in records if record.status == "finished")
    of_arm = ArmSummary(arm, summary(arm.values.values()), selected)
    return Recipe(name, experiment, of_arm, _asked(records))


def _undeclared(free: dict[str, _Group], baseline: str) -> Study:
    """The study that recipes of none would be, one of them their baseline."""
    if baseline not in free:
        listed = f"; there are {', '.join(free)}" if free else ""
        raise UsageError(
            f"No recipe outside of studies is called {baseline!r}{listed}. The baseline of a study is declared with it."
        )
    backend = backend_of(free[baseline][1][0])
    arms = {name: experiment for name, (experiment, group) in free.items() if backend_of(group[0]) == backend}
    factor = factor_of(arms.values())
    if len(factor) > 1 and not any(
        set(factor) <= set(section.factor) for section in sections.walk() if not section.parts
    ):
        raise UsageError(
            f"The recipes outside of studies differ in {', '.join(factor)}, and a comparison is of one factor; choose "
            "a question with --section, or declare a study with `mnist-lab run --vary`."
        )
    return Study(
        id="", title=NO_STUDY, factor=factor, arms=arms, baseline=baseline, backend=backend, asked_at=datetime.now(UTC)
    )


def _asked(records: Iterable[Record]) -> list[Record]:
    """Runs in the order in which they were asked for."""
    return sorted(records, key=_id)


def _spread(curves: Sequence[Sequence[float]]) -> Spread:
    found = []
    for values in zip(*curves, strict=False):
        mean = sum(values) / len(values)
        about = sum((value - mean) * (value - mean) for value in values)
        deviation = math.sqrt(about / (len(values) - 1)) if len(values) > 1 else 0.0
        found.append((mean, mean - deviation, mean + deviation))
    return found
