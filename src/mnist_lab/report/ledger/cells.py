"""The figures behind a judgement as the cells of a table."""

from __future__ import annotations

from mnist_lab.analysis.statistics import phrases
from mnist_lab.analysis.statistics.intervals import Interval
from mnist_lab.analysis.statistics.metrics import Unit
from mnist_lab.report.ledger.judgement import Finding, Judgement
from mnist_lab.report.ledger.measures import measured

HEAD = ("Network", "Figure", "Trainings", "Mean", "It lies between", "One training lies between")

_NONE = "–"


def rows(judgement: Judgement) -> tuple[tuple[str, ...], ...]:
    """A row a figure: of a network, or of the difference of two."""
    return tuple(_row(finding) for finding in judgement.findings)


def _row(finding: Finding) -> tuple[str, ...]:
    unit = measured(finding.measure).unit
    what = finding.words
    if finding.selected_on_test:
        what += ", chosen on the test images"
    trainings = f"{finding.n} + {finding.diverged} diverged" if finding.diverged else str(finding.n)
    if finding.than is not None:
        name = f"{finding.arm} less {finding.than}"
        value = _NONE if finding.value is None else _difference(finding.value, unit)
        return name, what, trainings, value, _between(finding.interval, unit), _NONE
    value = _NONE if finding.value is None else phrases.value(finding.value, unit)
    return finding.arm, what, trainings, value, _span(finding.interval, unit), _span(finding.prediction, unit)


def _span(interval: Interval | None, unit: Unit) -> str:
    return _NONE if interval is None else phrases.span(interval, unit)


def _between(interval: Interval | None, unit: Unit) -> str:
    return _NONE if interval is None else " and ".join(_difference(end, unit) for end in interval)


def _difference(value: float, unit: Unit) -> str:
    told = unit.told(value)
    return f"−{told[1:]}" if told.startswith("-") else told
