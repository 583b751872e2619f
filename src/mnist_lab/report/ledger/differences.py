"""Claims about how networks stand to each other: order, extreme, trend, equivalence, stability and mechanism.

Each comes down to some comparisons, all of which have to turn out in one way. The comparisons of one claim are one
family.
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
from mnist_lab.report.claims.kinds import Equivalence, Extreme, Measure, Mechanism, Order, Side, Stability, Trend
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.judgement import Finding, Judgement, Verdict
from mnist_lab.report.ledger.measures import measured
from mnist_lab.report.ledger.numbers import finding_of
from mnist_lab.report.ledger.trainings import Trainings

_NOBODY = Arm("")

Relation = Order | Extreme | Trend | Equivalence | Stability


@dataclass(frozen=True)
class Expectation:
    """Where a difference has to lie, in its measure's unit: above ``over`` and below ``under``.

    Attributes:
        arm: The preset.
        than: The one that it is compared with.
        over: Its difference is more than this; None: it may be as low as it likes.
        under: Its difference is less than this; None: it may be as high as it likes.
        shown: Whether that has to be shown; else it is enough that the opposite is not.
    """

    arm: str
    than: str
    over: float | None = None
    under: float | None = None
    shown: bool = True

    def met(self, interval: Interval) -> bool | None:
        """Whether a difference that lies in an interval is as it has to be; None where it may or may not be."""
        low, high = interval
        if (self.over is None or low > self.over) and (self.under is None or high < self.under):
            return True
        if (self.over is not None and high <= self.over) or (self.under is not None and low >= self.under):
            return False
        return None


@dataclass(frozen=True)
class Found:
    """An expectation, and what the runs say of it."""

    expectation: Expectation
    comparison: Comparison
    measure: Measure

    @property
    def met(self) -> bool | None:
        interval = self.comparison.interval
        return None if interval is None else self.expectation.met(interval)

    @property
    def enough(self) -> bool:
        """Whether there are runs enough to compare at all."""
        return self.comparison.interval is not None

    @property
    def arms(self) -> tuple[Arm, Arm]:
        return self.comparison.baseline, self.comparison.arm

    def told(self) -> str:
        """What was found, as part of a sentence."""
        found, unit = self.comparison, measured(self.measure).unit
        one, other = found.arm.name, found.baseline.name
        size, margin = unit.difference(abs(found.difference or 0.0)), unit.margin(found.margin)
        match found.verdict:
            case "better" | "worse":
                side = "above" if found.verdict == "better" else "below"
                little = f", but within the margin of {margin}" if found.within_margin else ""
                return f"{one} is {size} {side} {other}{little}"
            case "equivalent":
                return f"{one} and {other} differ by less than {margin}"
            case _:
                return f"{one} and {other} differ by {size}, which may be chance"


def judge(claim: Claim, test: Relation | Mechanism, trainings: Trainings) -> Judgement:
    """The judgement on a claim of these kinds."""
    if not isinstance(test, Mechanism):
        return _judged(claim, _found(test, trainings), trainings)
    if not test.expects:
        return Judgement(claim, "not testable by accuracy", test.why)
    sizes = [len(expectations(part)) for part in test.expects]
    found = [
        one
        for part, size in zip(test.expects, sizes, strict=True)
        for one in _found(part, trainings, others=sum(sizes) - size)
    ]
    return _judged(claim, found, trainings)


def expectations(test: Relation) -> tuple[Expectation, ...]:
    """What has to be so for a claim to hold, all of it."""
    match test:
        case Order(arm, side, than):
            return (_beside(arm, side, than, test.margin if test.by_margin else 0.0),)
        case Extreme(arm, side, others):
            return tuple(_beside(arm, side, other) for other in others)
        case Stability(arm, steadier, than):
            return (_beside(arm, "below" if steadier else "above", than),)
        case Equivalence(each, to):
            return tuple(Expectation(arm, to, None if test.or_below else -test.margin, test.margin) for arm in each)
        case Trend(arms):
            ends = _beside(arms[-1], "above", arms[0])
            steps = pairwise(arms) if len(arms) > 2 else ()
            return (ends, *(Expectation(arm, before, over=0.0, shown=False) for before, arm in steps))


def _beside(arm: str, side: Side, than: str, by: float = 0.0) -> Expectation:
    return Expectation(arm, than, over=by) if side == "above" else Expectation(arm, than, under=-by)


def _found(test: Relation, trainings: Trainings, others: int = 0) -> list[Found]:
    """What a test expects, compared as one family with so many comparisons that belong to the claim beside it.

    Those may be of other measures and are judged on their own; here they only make the family as large as it is.
    """
    expected = expectations(test)
    arms = {name: trainings.arm(name, test.measure) for name in test.arms}
    family = [(arms[one.arm], arms[one.than]) for one in expected] + [(_NOBODY, _NOBODY)] * others
    compared = comparisons.judge(family, margin=test.margin)
    return [Found(one, comparison, test.measure) for one, comparison in zip(expected, compared, strict=False)]


def _judged(claim: Claim, found: Sequence[Found], trainings: Trainings) -> Judgement:
    verdict, decisive = _verdict(found)
    open_ones = [one for one in decisive if verdict == "too close to call"]
    seeds = _seeds_needed(open_ones)
    sentence = _sentence(verdict, decisive, seeds, mechanism=isinstance(claim.test, Mechanism))
    return Judgement(claim, verdict, sentence, _findings(found, trainings), seeds)


def _verdict(found: Sequence[Found]) -> tuple[Verdict, Sequence[Found]]:
    """The verdict on all that is expected, and the comparisons that decide it."""
    if lacking := [one for one in found if not one.enough]:
        return "not enough runs", lacking
    if refuted := [one for one in found if one.met is False]:
        return "contradicted", refuted
    if undecided := [one for one in found if one.met is None and one.expectation.shown]:
        return "too close to call", undecided
    return "holds", found


def _seeds_needed(undecided: Sequence[Found]) -> int | None:
    """Seeds with which all that is undecided could be told, if more than there are."""
    needed = [one.comparison.seeds_needed for one in undecided if one.comparison.verdict == "too close to call"]
    known = [seeds for seeds in needed if seeds is not None]
    most = max(known, default=0)
    there = min((one.comparison.n for one in undecided), default=0)
    return most if len(known) == len(needed) and most > there else None


def _sentence(verdict: Verdict, decisive: Sequence[Found], seeds: int | None, *, mechanism: bool) -> str:
    if verdict == "not enough runs":
        return _too_few(decisive)
    by_measure = [
        f"In {measured(measure).label}, {'; '.join(one.told() for one in alike)}."
        for measure, alike in groupby(decisive, key=lambda one: one.measure)
    ]
    told = " ".join(by_measure) + wording.diverged(arm for one in decisive for arm in one.arms)
    match verdict:
        case "too close to call":
            return f"{told} {_outlook(decisive, seeds)}"
        case "holds" if mechanism:
            return f"What the reason predicts is seen: {told} That fits the reason; it does not prove it."
        case "contradicted" if mechanism:
            return f"What the reason predicts is not seen: {told}"
    return told


def _too_few(lacking: Sequence[Found]) -> str:
    parts = []
    for measure, alike in groupby(lacking, key=lambda one: one.measure):
        few = {arm.name: arm.n for one in alike for arm in one.arms if arm.n < MIN_SEEDS}
        known = "" if measure == "val_accuracy" else f" whose {measured(measure).label} is known"
        parts.append(join_list([f"{n} of {name}" for name, n in few.items()]) + known)
    diverged = wording.diverged(arm for one in lacking for arm in one.arms)
    return f"Too few trainings: {'; '.join(parts)}; a verdict takes at least {MIN_SEEDS} of each.{diverged}"


def _outlook(undecided: Sequence[Found], seeds: int | None) -> str:
    """What more seeds would bring."""
    margins = dict.fromkeys(measured(one.measure).unit.margin(one.comparison.margin) for one in undecided)
    margin = join_list(list(margins))
    if seeds is not None:
        return f"With {seeds} seeds of each, a difference of {margin} would show."
    if all(one.comparison.verdict == "equivalent" for one in undecided):
        return "Which of them is ahead by less than that does not matter."
    if any(one.comparison.verdict == "too close to call" and one.comparison.seeds_needed is None for one in undecided):
        return f"They vary so much that no number of seeds would show a difference of {margin}."
    if any(one.comparison.verdict == "too close to call" for one in undecided):
        return f"There are enough seeds to show a difference of {margin}: if there is one, it is likely to be smaller."
    return f"More seeds would show whether that is more than {margin}."


def _findings(found: Sequence[Found], trainings: Trainings) -> tuple[Finding, ...]:
    """The arms, each once, and then their differences."""
    arms = {(arm.name, one.measure): arm for one in found for arm in one.arms}
    alone = [finding_of(arm, measure, trainings) for (_, measure), arm in arms.items()]
    beside = [
        Finding(
            one.measure,
            one.comparison.arm.name,
            one.comparison.n,
            one.comparison.difference,
            one.comparison.interval,
            than=one.comparison.baseline.name,
            p=one.comparison.corrected,
        )
        for one in found
    ]
    return (*alone, *beside)
