"""Judging a study: a summary of each arm, and the verdicts on all comparisons that the study declares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.comparisons import Comparison, all_pairs, judge, versus_baseline
from mnist_lab.analysis.statistics.intervals import Interval, Summary, summary
from mnist_lab.analysis.statistics.metrics import RunMetric, run_metric
from mnist_lab.analysis.statistics.wording import sentence
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.study import Study
from mnist_lab.formatting import EPOCHS, LOSS, PERCENT, Unit

MARGINS: Mapping[Unit, float] = {LOSS: 0.005, EPOCHS: 1.0}
"""Default margins of metrics that are not accuracies, in their unit."""


@dataclass(frozen=True)
class ArmSummary:
    """One arm of a study.

    Attributes:
        arm: Its values by seed.
        summary: Their mean, deviation and intervals.
        selected_on_test: Whether the epoch of any value was chosen on the test images.
        comparison: Its comparison with the baseline; None for the baseline itself.
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
        """95 % confidence interval of the mean."""
        return self.summary.interval

    @property
    def prediction(self) -> Interval | None:
        """95 % prediction interval of one further training."""
        return self.summary.prediction

    @property
    def diverged(self) -> int:
        return self.arm.diverged


@dataclass(frozen=True)
class StudyVerdict:
    """The verdicts on a study by one metric of its runs.

    Attributes:
        study: The study as it was declared.
        metric_name: Name of the metric in :data:`~mnist_lab.analysis.statistics.metrics.RUN_METRICS`.
        margin: The least difference that matters, in the unit of the metric.
        arms: The arms in the order of the study.
        comparisons: All comparisons that the study declares, in their order.
    """

    study: Study
    metric_name: str
    margin: float
    arms: tuple[ArmSummary, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def metric(self) -> RunMetric:
        return run_metric(self.metric_name)


def judge_study(
    study: Study, records: Iterable[Record], metric_name: str = "test_accuracy", *, margin: float | None = None
) -> StudyVerdict:
    """Judge a study by one metric of its runs.

    The verdicts depend on the runs and on what the study declares, and not on what is shown, sorted or filtered.

    Args:
        study: The study as it was declared.
        records: Records of any runs; those that do not belong to the study are ignored.
        metric_name: A key of :data:`~mnist_lab.analysis.statistics.metrics.RUN_METRICS`. Default: ``test_accuracy``.
        margin: The least difference that matters, in the unit of the metric. Default: the study's margin for
            accuracies, :data:`MARGINS` for other metrics.

    Raises:
        UsageError: There is no such metric, or the margin is not above 0.

    Example:
        >>> from mnist_lab.store import Store, studies
        >>> store = Store.locate("saved_runs")  # doctest: +SKIP
        >>> records = [run.record for run in store.runs() if run.record is not None]  # doctest: +SKIP
        >>> judged = judge_study(studies.study(store, "activation"), records, "val_accuracy")  # doctest: +SKIP
        >>> [(one.arm.name, one.verdict) for one in judged.comparisons]  # doctest: +SKIP
        [('sigmoid', 'worse'), ('gelu', 'too close to call')]
    """
    metric = run_metric(metric_name)
    runs = study.records(records)
    by_data: dict[str, list[Record]] = {}
    for record in (record for of_arm in runs.values() for record in of_arm):
        by_data.setdefault(record.experiment.data, []).append(record)
    resolutions = {data: metric.resolution(found) for data, found in by_data.items()}
    arms = {name: metric.arm(name, found, resolutions.get(study.arms[name].data)) for name, found in runs.items()}
    if margin is None:
        margin = study.margin if metric.unit == PERCENT else MARGINS[metric.unit]
    baseline = arms[study.baseline]
    others = [arm for arm in arms.values() if arm is not baseline]
    family = all_pairs([baseline, *others]) if study.family == "pairs" else versus_baseline(baseline, others)
    comparisons = judge(family, margin=margin, lower_is_better=metric.lower_is_better)
    with_baseline = {found.arm.name: found for found in comparisons if found.baseline.name == baseline.name}
    return StudyVerdict(
        study,
        metric_name,
        margin,
        tuple(
            ArmSummary(
                arm,
                summary(arm.values.values()),
                any(_selected_on_test(record, metric) for record in runs[name] if record.status == "finished"),
                with_baseline.get(name),
            )
            for name, arm in arms.items()
        ),
        comparisons,
    )


def as_json(judged: StudyVerdict) -> dict[str, Any]:
    """Plain data for ``json.dumps``: accuracies are fractions, and None stands for what is not known."""
    study = judged.study
    return {
        "id": study.id,
        "title": study.title,
        "factor": list(study.factor),
        "baseline": study.baseline,
        "family": study.family,
        "backend": study.backend,
        "seeds": list(study.seeds),
        "figure": judged.metric_name,
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
                "verdict": found.verdict,
                "within_margin": found.within_margin,
                "sentence": sentence(found, judged.metric.unit),
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


def _selected_on_test(record: Record, metric: RunMetric) -> bool:
    return record.selected_on_test or (metric.chooses_epoch and record.experiment.protocol == "report")
