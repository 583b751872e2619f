"""The figures behind a judgement as the cells of a table."""

from __future__ import annotations

from mnist_lab.formatting import MISSING
from mnist_lab.report.ledger.judgement import Finding, Judgement
from mnist_lab.report.ledger.measures import measured

HEAD = ("Network", "Metric", "Trainings", "Mean", "95 % interval", "95 % prediction interval")


def rows(judgement: Judgement) -> tuple[tuple[str, ...], ...]:
    """A row a figure: of a network, or of the difference of two."""
    return tuple(tuple(cell or MISSING for cell in _row(finding)) for finding in judgement.findings)


def _row(finding: Finding) -> tuple[str, ...]:
    unit = measured(finding.measure).unit
    what = finding.words
    if finding.selected_on_test:
        what += ", chosen on the test images"
    if finding.than is not None:
        name = f"{finding.arm} − {finding.than}"
        mean, interval = unit.difference(finding.value), unit.difference_interval(finding.interval)
        return name, what, finding.trainings, mean, interval, ""
    mean, interval = unit.value(finding.value), unit.value_interval(finding.interval)
    return finding.arm, what, finding.trainings, mean, interval, unit.value_interval(finding.prediction)
