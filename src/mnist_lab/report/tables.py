"""The table of a section: one column per network, with the accuracies of the report and of the lab."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mnist_lab.analysis.statistics import comparisons, wording
from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.analysis.statistics.intervals import summary
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.sections import SECTIONS, Section, walk
from mnist_lab.formatting import MISSING, PERCENT
from mnist_lab.report.claims import claims_of
from mnist_lab.report.claims.kinds import MetricName, Number
from mnist_lab.report.ledger.judgement import Estimate
from mnist_lab.report.ledger.numbers import estimate_of
from mnist_lab.report.ledger.trainings import Trainings


@dataclass(frozen=True)
class NetworkColumn:
    """A column: one network of a section.

    Attributes:
        arm: The preset.
        claimed: Its accuracy in this section of the report, a fraction; None where the report gives none.
        last: Validation accuracy at the last epoch; with early stopping, at the epoch that was kept.
        best: Validation accuracy at the best epoch, which is chosen on the test images.
        comparison: Its comparison with the section's baseline; None for the baseline.
    """

    arm: str
    claimed: float | None
    last: Estimate
    best: Estimate
    comparison: Comparison | None


@dataclass(frozen=True)
class SectionTable:
    """The table of a section, or of a part of one, with its networks in the order of the varied factor."""

    section: Section
    columns: tuple[NetworkColumn, ...]

    @property
    def baseline(self) -> str:
        return self.section.presets[0]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The rows as text; the first cell of each is its name."""
        for name, *cells in self._rows():
            yield name, *(cell or MISSING for cell in cells)

    def _rows(self) -> Iterator[tuple[str, ...]]:
        yield "Accuracy in the report", *(PERCENT.value(column.claimed) for column in self.columns)
        yield "Accuracy here, mean", *(PERCENT.value(column.last.value) for column in self.columns)
        yield "95 % interval of the mean", *(PERCENT.value_interval(column.last.interval) for column in self.columns)
        yield (
            "95 % prediction interval of one training",
            *(PERCENT.value_interval(column.last.prediction) for column in self.columns),
        )
        yield "Seeds", *(column.last.trainings for column in self.columns)
        yield "At the best epoch, mean *", *(PERCENT.value(column.best.value) for column in self.columns)
        differences = [None if column.comparison is None else column.comparison.difference for column in self.columns]
        yield f"Difference from {self.baseline}", *map(PERCENT.signed, differences)
        yield "Verdict on it", *(_verdict(column.comparison) for column in self.columns)


def with_tables(section: Section | None = None) -> tuple[Section, ...]:
    """The sections without parts, which have tables: all there are, or those within one section."""
    return tuple(part for part in walk(SECTIONS if section is None else (section,)) if not part.parts)


def section_table(section: Section, trainings: Trainings) -> SectionTable:
    """Make the table of a section from the trainings there are."""
    arms = {name: trainings.arm(name, "val_accuracy") for name in ordered_presets(section)}
    family = comparisons.versus_baseline(arms[section.presets[0]], list(arms.values()))
    judged = {found.arm.name: found for found in comparisons.judge(family)}
    claimed = _claimed(section)

    def estimate(name: str, metric: MetricName) -> Estimate:
        return estimate_of(trainings.arm(name, metric), metric, trainings)

    return SectionTable(
        section,
        tuple(
            NetworkColumn(
                name,
                claimed.get(name),
                estimate(name, "val_accuracy"),
                estimate(name, "best_val_accuracy"),
                judged.get(name),
            )
            for name in arms
        ),
    )


def half_row(arm: Arm) -> tuple[str, ...]:
    """A row for one half of the A/A test: name, seeds, mean, interval and deviation."""
    found = summary(arm.values.values())
    cells = PERCENT.value(found.mean), PERCENT.value_interval(found.interval), PERCENT.difference(found.deviation)
    return arm.name, str(found.n), *(cell or MISSING for cell in cells)


def ordered_presets(section: Section) -> tuple[str, ...]:
    """The presets of a section by the value of its factor if that is one number; otherwise as they are declared."""
    [factor, *others] = section.factor

    def value(name: str) -> Any:
        return getattr(preset(name), factor)

    numeric = not others and all(isinstance(value(name), int | float) for name in section.presets)
    return tuple(sorted(section.presets, key=value)) if numeric else section.presets


def _claimed(section: Section) -> dict[str, float]:
    """The accuracies that the report gives in a section, by preset."""
    accuracies: dict[str, float] = {}
    for claim in claims_of(section):
        test = claim.test
        if isinstance(test, Number) and test.metric == "val_accuracy" and not claim.reading:
            accuracies.setdefault(test.arm, test.claimed)
    return accuracies


def _verdict(comparison: Comparison | None) -> str:
    return "" if comparison is None else wording.short_verdict(comparison)
