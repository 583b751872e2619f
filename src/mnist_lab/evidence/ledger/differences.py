"""Claims about how networks stand to each other: order, extreme, trend, equivalence, stability and mechanism.

Each comes down to some comparisons, all of which have to turn out in one way. The comparisons of one claim are one
family.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from mnist_lab.catalog.claims.kinds import Equivalence, Extreme, Measure, Mechanism, Order, Side, Stability, Trend
from mnist_lab.catalog.claims.passage import Claim
from mnist_lab.evidence import comparisons
from mnist_lab.evidence.arms import Arm
from mnist_lab.evidence.comparisons import Comparison
from mnist_lab.evidence.ledger import words
from mnist_lab.evidence.ledger.judgement import Figure, Judgement, Verdict
from mnist_lab.evidence.ledger.measures import reading
from mnist_lab.evidence.ledger.trainings import Trainings
from mnist_lab.evidence.looks import FEWEST

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

    def met(self, interval: tuple[float, float]) -> bool | None:
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

    def told(self) -> str:
        """What was found, as part of a sentence."""
        found, unit = self.comparison, reading(self.measure).unit
        if found.difference is None:
            return f"{found.arm.name} and {found.baseline.name} were not compared"
        of = "" if self.measure == "val_accuracy" else f"the {reading(self.measure).words} of "
        size, margin = words.difference(found.difference, unit), words.difference(found.margin, unit)
        match found.word:
            case "better" | "worse":
                side = "above" if found.word == "better" else "below"
                little = f", though by less than the {margin} that matter" if found.within_margin else ""
                return f"{of}{found.arm.name} is {size} {side} {found.baseline.name}{little}"
            case "equivalent":
                return f"{of}{found.arm.name} and {found.baseline.name} are the same to within {margin}"
            case _:
                return f"{of}{found.arm.name} and {found.baseline.name} differ by {size}, which may be chance"


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
            steps = zip(arms, arms[1:], strict=False) if len(arms) > 2 else ()
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
    return Judgement(claim, verdict, sentence, _figures(found, trainings), seeds)


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
    """Seeds with which all that is undecided could be told."""
    needed = [one.comparison.seeds_needed for one in undecided if one.comparison.word == "too close to call"]
    known = [seeds for seeds in needed if seeds is not None]
    return max(known) if known and len(known) == len(needed) else None


def _sentence(verdict: Verdict, decisive: Sequence[Found], seeds: int | None, *, mechanism: bool) -> str:
    if verdict == "not enough runs":
        arms = {arm.name: arm for one in decisive for arm in (one.comparison.arm, one.comparison.baseline)}
        there = words.listed([f"{arm.n} of {arm.name}" for arm in arms.values()])
        return f"Too few trainings with the same seeds: there are {there}, and it takes {FEWEST} of each at least."
    lead = {
        "holds": "What must follow from it does" if mechanism else "Yes",
        "contradicted": "What must follow from it does not" if mechanism else "No",
        "too close to call": "Open",
    }[verdict]
    sentence = f"{lead}: {'; '.join(one.told() for one in decisive)}.{_diverged(decisive)}"
    if verdict == "holds" and mechanism:
        return f"{sentence} That fits the reason given, and proves it as little as any accuracy could."
    if verdict != "too close to call":
        return sentence
    return f"{sentence} {_outlook(decisive, seeds)}"


def _outlook(undecided: Sequence[Found], seeds: int | None) -> str:
    """What more seeds would bring."""
    units = {one.comparison.margin: reading(one.measure).unit for one in undecided}
    margin = words.listed([words.difference(margin, unit) for margin, unit in units.items()])
    if seeds is not None:
        return f"With {seeds} seeds of each, a difference of {margin} would show."
    if all(one.comparison.word == "equivalent" for one in undecided):
        return "Which of them is ahead by less than that does not matter."
    if any(one.comparison.word == "too close to call" for one in undecided):
        return f"They vary so much that no number of seeds would show a difference of {margin}."
    return f"More seeds would tell whether that is more than {margin}."


def _diverged(found: Sequence[Found]) -> str:
    arms = {arm.name: arm for one in found for arm in (one.comparison.arm, one.comparison.baseline)}
    told = [f"{arm.diverged} of {name}" for name, arm in arms.items() if arm.diverged]
    return f" Trainings that diverged have no figure: {words.listed(told)}." if told else ""


def _figures(found: Sequence[Found], trainings: Trainings) -> tuple[Figure, ...]:
    """The arms, each once, and then their differences."""
    arms = {
        (arm.name, one.measure): arm for one in found for arm in (one.comparison.baseline, one.comparison.arm)
    }
    alone = [figure_of(arm, measure, trainings) for (_, measure), arm in arms.items()]
    beside = [
        Figure(
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
