"""A study judged by the runs there are: a summary of each arm, and the verdicts of the family it declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mnist_lab.analysis.statistics.arms import Arm, arm_of
from mnist_lab.analysis.statistics.comparisons import Comparison, against, all_pairs, judge
from mnist_lab.analysis.statistics.intervals import Interval, Summary, summary
from mnist_lab.analysis.statistics.metrics import Figure, figure
from mnist_lab.analysis.statistics.wording import sentence
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.study import Study
from mnist_lab.formatting import EPOCHS, LOSS, PERCENT, Unit

MARGINS: Mapping[Unit, float] = {LOSS: 0.005, EPOCHS: 1.0}
"""The least differences that matter unless others are stated, of figures that are no accuracies."""


@dataclass(frozen=True)
class ArmSummary:
    """What one arm of a study has come to.

    Attributes:
        arm: Its figures by seed.
        summary: Their mean, deviation and intervals.
        selected_on_test: Whether any of its figures is of an epoch that was chosen by looking at the test images.
        comparison: That with the baseline; None for the baseline.
    """

    arm: Arm
    summary: Summary
    selected_on_test: bool
    comparison: Comparison | None = None

    @property
    def name(self) -> str:
        return self.arm.name

    @property
    def n(self) -> int:
        return self.arm.n

    @property
    def mean(self) -> float | None:
        return self.summary.mean

    @property
    def deviation(self) -> float | None:
        return self.summary.deviation

    @property
    def interval(self) -> Interval | None:
        """Holds the recipe's mean with 95 %."""
        return self.summary.interval

    @property
    def prediction(self) -> Interval | None:
        """Holds the figure of one further training with 95 %."""
        return self.summary.prediction

    @property
    def diverged(self) -> int:
        return self.arm.diverged


@dataclass(frozen=True)
class StudyVerdict:
    """A study and what its runs say of one figure.

    Attributes:
        study: As it was declared.
        figure_name: The figure, by its name in :data:`~mnist_lab.analysis.statistics.metrics.FIGURES`.
        margin: The least difference that matters, in the unit of the figure.
        arms: In the order of the study.
        comparisons: The whole family, in its order.
    """

    study: Study
    figure_name: str
    margin: float
    arms: tuple[ArmSummary, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def figure(self) -> Figure:
        return figure(self.figure_name)


def judge_study(
    study: Study, records: Iterable[Record], figure_name: str = "test_accuracy", *, margin: float | None = None
) -> StudyVerdict:
    """Judge a study by one figure of its runs.

    The verdicts rest on the runs and on what the study declares, and on nothing that is shown, sorted or filtered.

    Args:
        study: What was declared.
        records: All runs there are; those that are none of the study's do not count.
        figure_name: One of :data:`~mnist_lab.analysis.statistics.metrics.FIGURES`.
        margin: The least difference that matters, in the unit of the figure; None: of accuracies the study's, of
            others that in :data:`MARGINS`.

    Raises:
        UsageError: There is no such figure, or the margin is not above 0.
    """
    judged = figure(figure_name)
    runs = study.records(records)
    arms = {name: arm_of(name, of_arm, judged.of, judged.measurements) for name, of_arm in runs.items()}
    if margin is None:
        margin = study.margin if judged.unit == PERCENT else MARGINS[judged.unit]
    baseline = arms[study.baseline]
    others = [arm for arm in arms.values() if arm is not baseline]
    family = all_pairs([baseline, *others]) if study.family == "pairs" else against(baseline, others)
    comparisons = judge(family, margin=margin, lower_is_better=judged.lower_is_better)
    with_baseline = {found.arm.name: found for found in comparisons if found.baseline.name == baseline.name}
    return StudyVerdict(
        study,
        figure_name,
        margin,
        tuple(
            ArmSummary(
                arm,
                summary(arm.values.values()),
                any(_selected_on_test(record, judged) for record in runs[name] if record.status == "finished"),
                with_baseline.get(name),
            )
            for name, arm in arms.items()
        ),
        comparisons,
    )


def as_json(judged: StudyVerdict) -> dict[str, Any]:
    """Plain data for ``json.dumps``; accuracies are fractions, and null is what is not known."""
    study = judged.study
    return {
        "id": study.id,
        "title": study.title,
        "factor": list(study.factor),
        "baseline": study.baseline,
        "family": study.family,
        "backend": study.backend,
        "seeds": list(study.seeds),
        "figure": judged.figure_name,
        "margin": judged.margin,
        "arms": [
            {
                "name": arm.name,
                "changes": study.arms[arm.name].model_dump(mode="json", include=set(study.arms[arm.name].changed())),
                "n": arm.n,
                "mean": arm.mean,
                "deviation": arm.deviation,
                "interval": arm.interval,
                "prediction": arm.prediction,
                "diverged": arm.diverged,
                "selected_on_test": arm.selected_on_test,
                "values": {str(seed): value for seed, value in arm.arm.values.items()},
            }
            for arm in judged.arms
        ],
        "comparisons": [
            {
                "arm": found.arm.name,
                "baseline": found.baseline.name,
                "verdict": found.word,
                "within_margin": found.within_margin,
                "sentence": sentence(found, judged.figure.unit),
                "paired": found.paired,
                "n": found.n,
                "difference": found.difference,
                "interval": found.interval,
                "p": found.p,
                "corrected": found.corrected,
                "seeds_needed": found.seeds_needed,
            }
            for found in judged.comparisons
        ],
    }


def _selected_on_test(record: Record, judged: Figure) -> bool:
    return record.selected_on_test or (judged.selects and record.experiment.protocol == "report")
