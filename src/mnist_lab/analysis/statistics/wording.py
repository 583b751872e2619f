"""Verdicts and intervals as sentences, for readers who know no statistics."""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.analysis.statistics.intervals import sampling_interval
from mnist_lab.analysis.statistics.sequential import MIN_SEEDS
from mnist_lab.formatting import PERCENT, Unit, join_list

REPEATED_TESTING = (
    "Seeds may be added, and verdicts read, as often as one likes. An ordinary test at the 5 % level that is repeated "
    "whenever seeds were added sees a difference where there is none in far more than 5 % of studies. So each test is "
    "held to a level 25 times smaller, 0.2 %, which all comparisons of the study share. Over all repetitions together "
    "a difference is then seen where there is none in at most 5 % of studies."
)

DIVERGED = "Trainings that diverged are in no mean"


def short_verdict(comparison: Comparison) -> str:
    """The verdict and what qualifies it: ``better, but within the margin``, ``too close to call (34 seeds)``."""
    match comparison:
        case Comparison(within_margin=True):
            return f"{comparison.verdict}, but within the margin"
        case Comparison(verdict="too close to call", seeds_needed=int(needed)) if needed > comparison.n:
            return f"too close to call ({needed} seeds)"
    return comparison.verdict


def sentence(comparison: Comparison, unit: Unit = PERCENT) -> str:
    """The verdict with the numbers behind it, in the unit of the metric."""
    return _judged(comparison, unit) + diverged([comparison.arm, comparison.baseline])


def diverged(arms: Iterable[Arm]) -> str:
    """How many trainings of some arms diverged, as a sentence that follows another; empty where none did."""
    counts = [f"{count} of {name}" for name, count in {arm.name: arm.diverged for arm in arms}.items() if count]
    return f" {DIVERGED}: {join_list(counts)}." if counts else ""


def single_run(test_accuracy: float, images: int = 10_000) -> str:
    """One run's test accuracy, and how far the choice of test images alone could move it."""
    interval = PERCENT.value_interval(sampling_interval(test_accuracy, images))
    return (
        f"{PERCENT.value(test_accuracy)} on {images:,} test images; {interval} on all images of the kind (95 % "
        "interval). It does not allow for the seed: another one would move the accuracy further."
    )


def _judged(comparison: Comparison, unit: Unit) -> str:
    arm, baseline, margin = comparison.arm.name, comparison.baseline.name, unit.margin(comparison.margin)
    if comparison.difference is None or comparison.interval is None:
        return f"Not enough runs to compare {arm} with {baseline}: {_few(comparison)}."
    interval, seeds = _interval(comparison.interval, unit), f"{comparison.n} seeds each"
    match comparison.verdict:
        case "better" | "worse":
            low, high = sorted(map(abs, comparison.interval))
            within = f", but within the margin of {margin}" if comparison.within_margin else ""
            return (
                f"{arm} is {comparison.verdict} than {baseline} by {unit.difference(abs(comparison.difference))} "
                f"({_interval((low, high), unit)}){within}, {seeds}."
            )
        case "equivalent":
            return f"{arm} and {baseline} are equivalent: they differ by less than {margin} ({interval}), {seeds}."
    return (
        f"{arm} and {baseline} are too close to call: {unit.difference(comparison.difference)} ({interval}), {seeds}. "
        f"{_more_seeds(comparison, margin)}"
    )


def _interval(interval: tuple[float, float], unit: Unit) -> str:
    return f"95 % interval {unit.difference_interval(interval)}"


def _more_seeds(comparison: Comparison, margin: str) -> str:
    """What more seeds would bring."""
    needed = comparison.seeds_needed
    if needed is None:
        return f"To show a difference of {margin} would take more than a million seeds of each."
    if needed > comparison.n:
        return f"To show a difference of {margin} would take about {needed} seeds of each."
    return (
        f"With {needed} seeds of each a difference of {margin} is shown with a power of 80 %: if there is one, it is "
        "likely to be smaller."
    )


def _few(comparison: Comparison) -> str:
    return f"{comparison.arm.n} and {comparison.baseline.n} seeds, and a verdict takes at least {MIN_SEEDS} of each"
