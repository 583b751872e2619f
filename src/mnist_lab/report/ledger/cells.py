"""The estimates behind a judgement as the cells of a table."""

from __future__ import annotations

from mnist_lab.formatting import MISSING
from mnist_lab.report.ledger.judgement import Estimate, Judgement
from mnist_lab.report.ledger.metrics import metric_of

HEAD = ("Network", "Metric", "Trainings", "Mean", "95 % interval", "95 % prediction interval")


def rows(judgement: Judgement) -> tuple[tuple[str, ...], ...]:
    """One row per estimate, with the columns of :data:`HEAD`."""
    return tuple(tuple(cell or MISSING for cell in _row(estimate)) for estimate in judgement.estimates)


def _row(estimate: Estimate) -> tuple[str, ...]:
    metric = metric_of(estimate.metric)
    unit = metric.unit
    label = metric.label + (", chosen on the test images" if estimate.selected_on_test else "")
    if estimate.than is not None:
        name = f"{estimate.arm} − {estimate.than}"
        mean, interval = unit.difference(estimate.value), unit.difference_interval(estimate.interval)
        return name, label, estimate.trainings, mean, interval, ""
    mean, interval = unit.value(estimate.value), unit.value_interval(estimate.interval)
    return estimate.arm, label, estimate.trainings, mean, interval, unit.value_interval(estimate.prediction)
