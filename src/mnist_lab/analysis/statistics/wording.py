"""Verdicts and intervals as sentences, for a reader who knows no statistics."""

from __future__ import annotations

from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.analysis.statistics.intervals import Interval, sampling_interval
from mnist_lab.analysis.statistics.metrics import POINTS, Unit
from mnist_lab.analysis.statistics.sequential import FEWEST

THE_RULE = (
    "Seeds may be added, and verdicts looked at, as often as one likes. Chance would fool whoever does so with an "
    "ordinary test, which is wrong one time in twenty every time; so each look is held to a standard 25 times as "
    "strict, one in 500, shared among all comparisons of the study. All looks together then see a difference where "
    "there is none in at most one study in twenty."
)


def verdict(comparison: Comparison) -> str:
    """The word, with what has to be said in the same breath: ``better, but within the margin``."""
    match comparison:
        case Comparison(within_margin=True):
            return f"{comparison.word}, but within the margin"
        case Comparison(word="too close to call", seeds_needed=int(needed)) if needed > comparison.n:
            return f"too close to call ({needed} seeds)"
    return comparison.word


def sentence(comparison: Comparison, unit: Unit = POINTS) -> str:
    """The verdict with its figures.

    Args:
        comparison: It.
        unit: How differences are told.
    """
    return _judged(comparison, unit) + _diverged(comparison)


def single_run(test_accuracy: float, images: int = 10_000) -> str:
    """One run's test accuracy, and how far the choice of test images moves it."""
    span = _span(sampling_interval(test_accuracy, images), POINTS)
    return (
        f"{POINTS.number(test_accuracy)} % on {images:,} test images; {span} on all images of the kind, 19 times in "
        "20. Another seed would move it further: one run says nothing of that."
    )


def _judged(comparison: Comparison, unit: Unit) -> str:
    arm, baseline, margin = comparison.arm.name, comparison.baseline.name, unit.round(comparison.margin)
    if comparison.difference is None or comparison.interval is None:
        return f"Not enough runs to compare {arm} with {baseline}: {_few(comparison)}."
    span, seeds = _span(comparison.interval, unit), f"{comparison.n} seeds each"
    match comparison.word:
        case "better" | "worse":
            size = abs(comparison.difference)
            low, high = sorted(map(abs, comparison.interval))
            within = f", but within the margin of {margin}" if comparison.within_margin else ""
            return (
                f"{arm} is {comparison.word} than {baseline} by {unit.told(size)} ({_span((low, high), unit)})"
                f"{within}, {seeds}."
            )
        case "equivalent":
            return f"{arm} and {baseline} are equivalent: they differ by less than {margin} ({span}), {seeds}."
    return (
        f"{arm} and {baseline} are too close to call: {unit.told(comparison.difference)} ({span}), {seeds}. "
        f"{_outlook(comparison, margin)}"
    )


def _outlook(comparison: Comparison, margin: str) -> str:
    """What more seeds would bring."""
    needed = comparison.seeds_needed
    if needed is None:
        return f"To tell a difference of {margin} would take more than a million seeds of each."
    if needed > comparison.n:
        return f"To tell a difference of {margin} would take about {needed} seeds of each."
    return (
        f"With {needed} seeds of each a difference of {margin} is told four times in five: if there is one, it is "
        "likely to be smaller."
    )


def _few(comparison: Comparison) -> str:
    return f"{comparison.arm.n} and {comparison.baseline.n} seeds, and a verdict takes at least {FEWEST} of each"


def _span(interval: Interval, unit: Unit) -> str:
    low, high = map(unit.number, interval)
    return f"{low} to {high}"


def _diverged(comparison: Comparison) -> str:
    told = [_lost(arm) for arm in (comparison.arm, comparison.baseline) if arm.diverged]
    return "".join(f" {lost}" for lost in told)


def _lost(arm: Arm) -> str:
    trainings = "1 training" if arm.diverged == 1 else f"{arm.diverged} trainings"
    return f"{trainings} of {arm.name} diverged and {'is' if arm.diverged == 1 else 'are'} in no mean."
