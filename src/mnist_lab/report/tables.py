"""A section's table in the report's own shape, a column a network, with the lab's figures under the report's."""

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
from mnist_lab.report.claims.kinds import Measure, Number
from mnist_lab.report.ledger.judgement import Finding
from mnist_lab.report.ledger.numbers import finding_of
from mnist_lab.report.ledger.trainings import Trainings


@dataclass(frozen=True)
class Column:
    """One network of a section.

    Attributes:
        arm: Its preset.
        claimed: The accuracy that the report gives for it in this section; None where it gives none.
        last: At the last epoch; with early stopping, at the epoch that was kept.
        best: At the best epoch, which is chosen on the test images.
        comparison: Beside the section's baseline; None of the baseline.
    """

    arm: str
    claimed: float | None
    last: Finding
    best: Finding
    comparison: Comparison | None


@dataclass(frozen=True)
class SectionTable:
    """A section, or a part of one, and its networks in the order of what is varied."""

    section: Section
    columns: tuple[Column, ...]

    @property
    def baseline(self) -> str:
        return self.section.presets[0]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """The table's rows, each with its name."""
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


def shown(section: Section | None = None) -> tuple[Section, ...]:
    """The sections, and parts of sections, that have a table: all there are, or those of one."""
    return tuple(part for part in walk(SECTIONS if section is None else (section,)) if not part.parts)


def table_of(section: Section, trainings: Trainings) -> SectionTable:
    """A section's table from the trainings there are."""
    arms = {name: trainings.arm(name, "val_accuracy") for name in in_order(section)}
    family = comparisons.versus_baseline(arms[section.presets[0]], list(arms.values()))
    judged = {found.arm.name: found for found in comparisons.judge(family)}
    claimed = _claimed(section)

    def finding(name: str, measure: Measure) -> Finding:
        return finding_of(trainings.arm(name, measure), measure, trainings)

    return SectionTable(
        section,
        tuple(
            Column(
                name,
                claimed.get(name),
                finding(name, "val_accuracy"),
                finding(name, "best_val_accuracy"),
                judged.get(name),
            )
            for name in arms
        ),
    )


def half_row(arm: Arm) -> tuple[str, ...]:
    """An arm's name, seeds, mean, interval and deviation."""
    found = summary(arm.values.values())
    cells = PERCENT.value(found.mean), PERCENT.value_interval(found.interval), PERCENT.difference(found.deviation)
    return arm.name, str(found.n), *(cell or MISSING for cell in cells)


def in_order(section: Section) -> tuple[str, ...]:
    """A section's presets by what they set its factor to, where that is one number; else as the catalog has them."""
    [factor, *others] = section.factor

    def value(name: str) -> Any:
        return getattr(preset(name), factor)

    numeric = not others and all(isinstance(value(name), int | float) for name in section.presets)
    return tuple(sorted(section.presets, key=value)) if numeric else section.presets


def _claimed(section: Section) -> dict[str, float]:
    """The accuracies that the report gives in a section, as they stand there."""
    figures: dict[str, float] = {}
    for claim in claims_of(section):
        test = claim.test
        if isinstance(test, Number) and test.measure == "val_accuracy" and not claim.reading:
            figures.setdefault(test.arm, test.figure)
    return figures


def _verdict(comparison: Comparison | None) -> str:
    return "" if comparison is None else wording.short_verdict(comparison)
