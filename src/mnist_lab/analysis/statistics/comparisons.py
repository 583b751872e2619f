"""Verdicts: whether one recipe is better than another, the same for all that matters, or not to be told apart yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal, TypeAlias

from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.sequential import FEWEST
from mnist_lab.errors import UsageError

if TYPE_CHECKING:
    from mnist_lab.analysis.statistics.arrays import Differences

MARGIN = 0.001
"""The least difference in accuracy that matters unless another is stated: 0.1 point, as a fraction."""

Word = Literal["better", "worse", "equivalent", "too close to call", "not enough runs"]
Pair: TypeAlias = tuple[Arm, Arm]
"""An arm, and the one that it is compared with."""


@dataclass(frozen=True)
class Comparison:
    """One arm beside another.

    Attributes:
        arm: The one that is judged.
        baseline: The one that it is judged by.
        word: The verdict on ``arm``.
        within_margin: Better or worse, but by less than matters: the whole interval lies inside the margin.
        paired: Whether the trainings were compared seed by seed.
        n: How many seeds of each arm were compared.
        difference: Mean of ``arm`` minus mean of ``baseline``, over the trainings compared; None without any.
        interval: Where the difference lies, at least 95 % sure however often one looks. All of it is on one side of
            zero where the word is better or worse, and only there; all of it is inside the margin where the word is
            equivalent. None where there were not enough runs.
        p: Of the test of no difference, before any correction (two-sided).
        corrected: The same after the looks and the family were paid for: better or worse where it is at most 0.05.
        seeds_needed: Seeds of each arm with which a difference as large as the margin would be told four times in
            five; None where the verdict needs no more, or where a million would not do.
        margin: The least difference that matters.
        family: How many comparisons were declared together.
    """

    arm: Arm
    baseline: Arm
    word: Word
    paired: bool
    n: int
    margin: float
    family: int
    difference: float | None = None
    interval: tuple[float, float] | None = None
    p: float | None = None
    corrected: float | None = None
    within_margin: bool = False
    seeds_needed: int | None = None


def against(baseline: Arm, arms: Sequence[Arm]) -> tuple[Pair, ...]:
    """The family of a study: each arm against the baseline, which may stand among them."""
    return tuple((arm, baseline) for arm in arms if arm.name != baseline.name)


def all_pairs(arms: Sequence[Arm]) -> tuple[Pair, ...]:
    """The family of all comparisons, the later arm of each by the earlier."""
    return tuple((later, earlier) for earlier, later in combinations(arms, 2))


def judge(family: Sequence[Pair], *, margin: float = MARGIN, lower_is_better: bool = False) -> tuple[Comparison, ...]:
    """The verdicts on a family, in its order.

    The family is what the study declares, all of it, whatever is shown: a comparison that is left out would make the
    others look surer than they are. A pair of arms without enough runs counts too.

    Args:
        family: All comparisons that were declared together.
        margin: The least difference that matters, in the unit of the figures.
        lower_is_better: Whether a smaller figure is the better one.

    Raises:
        UsageError: The margin is not above 0.
    """
    if not margin > 0:
        raise UsageError(f"The margin is the least difference that matters: above 0, and not {margin:g}.")
    if not family:
        return ()

    from mnist_lab.analysis.statistics import arrays

    matches = [_match(arm, baseline) for arm, baseline in family]
    differences = arrays.side_by_side([match.differences() for match in matches])
    decisions = arrays.decide(differences, [match.n for match in matches], margin)
    judged = []
    for place, ((arm, baseline), match) in enumerate(zip(family, matches, strict=True)):
        base = Comparison(arm, baseline, "not enough runs", match.paired, match.n, margin, len(family))
        if not match.enough:
            judged.append(base)
            continue
        difference = float(differences.mean[place])
        low, high = float(decisions.low[place]), float(decisions.high[place])
        word: Word = "too close to call"
        if decisions.different[place]:
            word = "worse" if (difference > 0) == lower_is_better else "better"
        elif decisions.equivalent[place]:
            word = "equivalent"
        judged.append(
            replace(
                base,
                word=word,
                difference=difference,
                interval=(low, high),
                p=float(decisions.p[place]),
                corrected=float(decisions.corrected[place]),
                within_margin=word in ("better", "worse") and max(-low, high) < margin,
                seeds_needed=match.seeds_needed(margin, len(family)) if word == "too close to call" else None,
            )
        )
    return tuple(judged)


@dataclass(frozen=True)
class _Match:
    """The figures that are compared, as many of both arms; in pairs, one beside the other."""

    paired: bool
    ones: list[float]
    others: list[float]

    @property
    def n(self) -> int:
        return len(self.ones)

    @property
    def enough(self) -> bool:
        return self.n >= FEWEST

    def differences(self) -> Differences:
        from mnist_lab.analysis.statistics import arrays

        if not self.enough:
            return arrays.UNKNOWN
        return (arrays.paired if self.paired else arrays.unpaired)(self.ones, self.others)

    def seeds_needed(self, margin: float, family: int) -> int | None:
        from mnist_lab.analysis.statistics import arrays

        deviation = arrays.likely_deviation(self.differences(), self.n)
        return arrays.seeds_needed(deviation, margin, family, in_pairs=self.paired)


def _match(arm: Arm, baseline: Arm) -> _Match:
    """In pairs where both arms have one architecture and share at least half of the seeds of the smaller one.

    Arms that share fewer would lose more by leaving the others out than pairs can win. Without pairs as many seeds of
    each as the smaller arm has, the lowest first (see :func:`~mnist_lab.analysis.statistics.arrays.unpaired`).
    """
    shared = arm.values.keys() & baseline.values.keys()
    fewer = min(arm.n, baseline.n)
    alike = arm.architecture is not None and arm.architecture == baseline.architecture
    if alike and len(shared) >= max(FEWEST, fewer / 2):
        return _Match(True, arm.figures(shared), baseline.figures(shared))
    return _Match(False, *(one.figures(one.values)[:fewer] for one in (arm, baseline)))
