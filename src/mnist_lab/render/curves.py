"""Charts of runs and recipes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mnist_lab.experiments.record import Metric
from mnist_lab.render.chart import Chart
from mnist_lab.render.series import Mark, Series
from mnist_lab.runs.progress import RunSnapshot

if TYPE_CHECKING:
    from mnist_lab.analysis.replay import Replay
    from mnist_lab.analysis.tables.recipes import Recipe

TRAINING_OF: dict[Metric, Metric] = {"val_loss": "loss", "val_accuracy": "accuracy"}
_LOSSES = ("loss", "val_loss")


def curve(view: RunSnapshot, metric: Metric, slot: int, *, label: str | None = None, dashed: bool = False) -> Series:
    """The series of one metric of a run; those of validation metrics mark the kept epoch and early stopping."""
    points = [(float(epoch), value) for epoch, value in enumerate(view.history[metric], 1)]
    return Series(view.label if label is None else label, points, slot, dashed=dashed, marks=_marks(view, metric))


def one_run(view: RunSnapshot, metric: Metric, *, height: int | None = None, width: int | None = None) -> Chart:
    """A chart of a validation metric of a run together with the training metric of the same name."""
    training = TRAINING_OF[metric]
    name = "loss" if metric in _LOSSES else "accuracy"
    series = [
        curve(view, training, 1, label="training", dashed=True),
        curve(view, metric, 0, label="validation"),
    ]
    return Chart(series, title=name, x_max=_planned([view]), height=height, width=width)


def overlay(
    views: Sequence[RunSnapshot],
    metric: Metric,
    slots: dict[str, int],
    *,
    height: int | None = None,
    width: int | None = None,
) -> Chart:
    """A chart of one metric of many runs; ``slots`` has the palette slot of each run by id."""
    series = [curve(view, metric, slots[view.id]) for view in views if view.history[metric]]
    return Chart(series, title=metric, x_max=_planned(views), height=height, width=width)


def spreads(recipes: Sequence[Recipe], metric: Metric, slots: dict[str, int], labels: dict[str, str]) -> Chart:
    """A chart of one metric of some recipes: mean over seeds with a band of one standard deviation to each side."""
    series = []
    for recipe in recipes:
        epochs = list(enumerate(recipe.spread(metric), 1))
        points = [(float(epoch), mean) for epoch, (mean, _, _) in epochs]
        band = [(float(epoch), low, high) for epoch, (_, low, high) in epochs] if recipe.summary.n > 1 else None
        series.append(Series(labels[recipe.key], points, slots[recipe.key], band=band))
    return Chart([one for one in series if one.points], title=f"{metric} · mean ± deviation over seeds")


def replayed(view: RunSnapshot, found: Replay, *, height: int, width: int, markers: bool | None) -> Chart:
    """A chart of the metric that an early-stopping rule monitors, with the epochs where it stops and that it keeps.

    The epochs that would not have been trained are faint.
    """
    metric = found.rule.monitor
    whole = curve(view, metric, 0, label="not trained" if found.epochs_saved else "")
    marks = [Mark(float(found.kept), "best")] if found.rule.restore_best_weights else []
    if found.stopped_at is not None:
        marks.append(Mark(float(found.stopped_at), "stopped"))
    trained = replace(whole, label="trained", points=whole.points[: found.stopped_at], marks=tuple(marks))
    rest = replace(whole, faint=True, marks=())
    series = [rest, trained] if found.epochs_saved else [trained]
    return Chart(series, title=metric, height=height, width=width, markers=markers)


def _planned(views: Sequence[RunSnapshot]) -> float | None:
    """The right edge of the x axis: the planned epochs of live runs, the epochs of ended ones."""
    ends = [
        len(view.history["loss"]) if view.ended else view.experiment.epochs
        for view in views
        if view.experiment is not None
    ]
    return float(max(ends)) if ends else None


def _marks(view: RunSnapshot, metric: Metric) -> tuple[Mark, ...]:
    marks = []
    if metric.startswith("val_") and view.best_epoch is not None and view.epochs_done > 1:
        marks.append(Mark(float(view.best_epoch), "best"))
    if metric.startswith("val_") and view.stopped_early:
        marks.append(Mark(float(view.epochs_done), "stopped"))
    return tuple(marks)
