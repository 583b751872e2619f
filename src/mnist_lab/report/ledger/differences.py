"""Judging claims about differences: ordering, extreme, trend, equivalence, stability and mechanism.

Each comes down to comparisons of two presets that all have to turn out as expected. The comparisons of one claim are
one family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from mnist_lab.analysis.statistics import comparisons, wording
from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.comparisons import Comparison
from mnist_lab.analysis.statistics.intervals import Interval
from mnist_lab.analysis.statistics.sequential import MIN_SEEDS
from mnist_lab.formatting import join_list
from mnist_lab.report.claims.kinds import Equivalence, Extreme, Mechanism, MetricName, Ordering, Side, Stability, Trend
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.judgement import ClaimVerdict, Estimate, Judgement
from mnist_lab.report.ledger.metrics import metric_of
from mnist_lab.report.ledger.numbers import estimate_of
from mnist_lab.report.ledger.trainings import Trainings

_EMPTY = Arm("")

Relation = Ordering | Extreme | Trend | Equivalence | Stability


@dataclass(frozen=True)
class Expectation:
    """An expected difference, in the unit of its metric: above ``over`` and below ``under``.

    Attributes:
        arm: The preset.
        than: The preset that it is compared with.
        over: Lower bound of the difference; None for no bound.
        under: Upper bound of the difference; None for no bound.
        must_be_shown: Whether the expectation must be shown to be met; if not, it suffices that it is not refuted.
    """

    arm: str
    than: str
    over: float | None = None
    under: float | None = None
    must_be_shown: bool = True

    def met(self, interval: Interval) -> bool | None:
        """Whether a difference within an interval meets the expectation; None where it may or may not."""
        low, high = interval
        if (self.over is None or low > self.over) and (self.under is None or high < self.under):
            return True
        # A bound at the end of the interval is not excluded: that of an equivalence is extended to include 0.
        if (self.over is not None and high < self.over) or (self.under is not None and low > self.under):
            return False
        return None


@dataclass(frozen=True)
class TestedExpectation:
    """An expectation and the comparison that tests it."""

    expectation: Expectation
    comparison: Comparison
    metric: MetricName

    @property
    def met(self) -> bool | None:
        """Whether the expectation is met; None where that is undecided, also because there are not enough runs."""
        interval = self.comparison.interval
        return None if interval is None else self.expectation.met(interval)

    @property
    def has_enough_runs(self) -> bool:
        return self.comparison.interval is not None

    @property
    def arms(self) -> tuple[Arm, Arm]:
        return self.comparison.baseline, self.comparison.arm

    @property
    def clause(self) -> str:
        """The result as part of a sentence."""
        found, unit = self.comparison, metric_of(self.metric).unit
        one, other = found.arm.name, found.baseline.name
        size, margin = unit.difference(abs(found.difference or 0.0)), unit.margin(found.margin)
        match found.verdict:
            case "better" | "worse":
                side = "above" if found.verdict == "better" else "below"
                within = f", but within the margin of {margin}" if found.within_margin else ""
                return f"{one} is {size} {side} {other}{within}"
            case "equivalent":
                return f"{one} and {other} differ by less than {margin}"
            case _:
                return f"{one} and {other} differ by {size}, which may be chance"


def judge(claim: Claim, test: Relation | Mechanism, trainings: Trainings) -> Judgement:
    """Judge a claim of these kinds."""
    if not isinstance(test, Mechanism):
        return _judged(claim, _tested(test, trainings), trainings)
    if not test.expects:
        return Judgement(claim, "not testable by accuracy", test.why)
    sizes = [len(expectations(part)) for part in test.expects]
    tested = [
        one
        for part, size in zip(test.expects, sizes, strict=True)
        for one in _tested(part, trainings, others=sum(sizes) - size)
    ]
    return _judged(claim, tested, trainings)


def expectations(test: Relation) -> tuple[Expectation, ...]:
    """The differences that a test expects, all of which must be as expected for the claim to hold."""
    match test:
        case Ordering(arm, side, than):
            return (_ordered(arm, side, than, test.margin if test.by_margin else 0.0),)
        case Extreme(arm, side, others):
            return tuple(_ordered(arm, side, other) for other in others)
        case Stability(arm, steadier, than):
            return (_ordered(arm, "below" if steadier else "above", than),)
        case Equivalence(each, to):
            return tuple(Expectation(arm, to, None if test.or_below else -test.margin, test.margin) for arm in each)
        case Trend(arms):
            ends = _ordered(arms[-1], "above", arms[0])
            steps = pairwise(arms) if len(arms) > 2 else ()
            return (ends, *(Expectation(arm, before, over=0.0, must_be_shown=False) for before, arm in steps))


def _ordered(arm: str, side: Side, than: str, by: float = 0.0) -> Expectation:
    return Expectation(arm, than, over=by) if side == "above" else Expectation(arm, than, under=-by)


def _tested(test: Relation, trainings: Trainings, others: int = 0) -> list[TestedExpectation]:
    """Test the expectations of a relation as one family with ``others`` further comparisons of the same claim.

    The further comparisons may be of other metrics and are tested on their own; here they only count.
    """
    expected = expectations(test)
    arms = {name: trainings.arm(name, test.metric) for name in test.arms}
    family = [(arms[one.arm], arms[one.than]) for one in expected] + [(_EMPTY, _EMPTY)] * others
    compared = comparisons.judge(family, margin=test.margin)
    return [
        TestedExpectation(one, comparison, test.metric) for one, comparison in zip(expected, compared, strict=False)
    ]


def _judged(claim: Claim, tested: Sequence[TestedExpectation], trainings: Trainings) -> Judgement:
    verdict, decisive = _verdict(tested)
    undecided = [one for one in decisive if verdict == "too close to call"]
    seeds = _seeds_needed(undecided)
    sentence = _sentence(verdict, decisive, seeds, mechanism=isinstance(claim.test, Mechanism))
    return Judgement(claim, verdict, sentence, _estimates(tested, trainings), seeds)


def _verdict(tested: Sequence[TestedExpectation]) -> tuple[ClaimVerdict, Sequence[TestedExpectation]]:
    """The verdict on all expectations together, and those that decide it."""
    if lacking := [one for one in tested if not one.has_enough_runs]:
        return "not enough runs", lacking
    if refuted := [one for one in tested if one.met is False]:
        return "contradicted", refuted
    if undecided := [one for one in tested if one.met is None and one.expectation.must_be_shown]:
        return "too close to call", undecided
    return "holds", tested


def _seeds_needed(undecided: Sequence[TestedExpectation]) -> int | None:
    """Seeds with which everything undecided could be decided, if more than there are."""
    needed = [one.comparison.seeds_needed for one in undecided if one.comparison.verdict == "too close to call"]
    known = [seeds for seeds in needed if seeds is not None]
    most = max(known, default=0)
    there = min((one.comparison.n for one in undecided), default=0)
    return most if len(known) == len(needed) and most > there else None


def _sentence(
    verdict: ClaimVerdict, decisive: Sequence[TestedExpectation], seeds: int | None, *, mechanism: bool
) -> str:
    if verdict == "not enough runs":
        return _too_few(decisive)
    by_metric = [
        f"In {metric_of(metric).label}, {'; '.join(one.clause for one in alike)}."
        for metric, alike in groupby(decisive, key=lambda one: one.metric)
    ]
    results = " ".join(by_metric) + wording.diverged(arm for one in decisive for arm in one.arms)
    match verdict:
        case "too close to call":
            return f"{results} {_more_seeds(decisive, seeds)}"
        case "holds" if mechanism:
            return f"What the reason predicts is seen: {results} That fits the reason; it does not prove it."
        case "contradicted" if mechanism:
            return f"What the reason predicts is not seen: {results}"
    return results


def _too_few(lacking: Sequence[TestedExpectation]) -> str:
    parts = []
    for metric, alike in groupby(lacking, key=lambda one: one.metric):
        few = {arm.name: arm.n for one in alike for arm in one.arms if arm.n < MIN_SEEDS}
        known = "" if metric == "val_accuracy" else f" whose {metric_of(metric).label} is known"
        parts.append(join_list([f"{n} of {name}" for name, n in few.items()]) + known)
    diverged = wording.diverged(arm for one in lacking for arm in one.arms)
    return f"Too few trainings: {'; '.join(parts)}; a verdict takes at least {MIN_SEEDS} of each.{diverged}"


def _more_seeds(undecided: Sequence[TestedExpectation], seeds: int | None) -> str:
    """What more seeds would bring."""
    margins = dict.fromkeys(metric_of(one.metric).unit.margin(one.comparison.margin) for one in undecided)
    margin = join_list(list(margins))
    if seeds is not None:
        return f"With {seeds} seeds of each, a difference of {margin} would show."
    if all(one.comparison.verdict == "equivalent" for one in undecided):
        return "Which of them is ahead by less than that does not matter."
    close = [one.comparison for one in undecided if one.comparison.verdict == "too close to call"]
    if any(comparison.seeds_needed is None for comparison in close):
        return f"They vary so much that no number of seeds would show a difference of {margin}."
    if close:
        return f"There are enough seeds to show a difference of {margin}: if there is one, it is likely to be smaller."
    return f"More seeds would show whether that is more than {margin}."


def _estimates(tested: Sequence[TestedExpectation], trainings: Trainings) -> tuple[Estimate, ...]:
    """The mean of each arm once, then the differences."""
    arms = {(arm.name, one.metric): arm for one in tested for arm in one.arms}
    means = [estimate_of(arm, metric, trainings) for (_, metric), arm in arms.items()]
    differences = [
        Estimate(
            one.metric,
            one.comparison.arm.name,
            one.comparison.n,
            one.comparison.difference,
            one.comparison.interval,
            than=one.comparison.baseline.name,
            p=one.comparison.corrected,
        )
        for one in tested
    ]
    return (*means, *differences)
