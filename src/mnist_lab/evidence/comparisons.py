"""Verdicts: whether one recipe is better than another, the same for all that matters, or not to be told apart yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

from mnist_lab.evidence.arms import Arm

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
        n: The pairs; where there are none, the seeds of the arm that has fewer.
        difference: Mean of ``arm`` minus mean of ``baseline``, over the trainings compared; None without any.
        interval: What the verdict rests on. It lies on one side of zero where the word is better or worse, and inside
            the margin where it is equivalent; in the family, and however often it was looked at, it holds with 95 %.
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
    return tuple((arm, baseline) for arm in arms if arm is not baseline)


def all_pairs(arms: Sequence[Arm]) -> tuple[Pair, ...]:
    """The family of all comparisons, the later arm of each by the earlier."""
    return tuple((later, earlier) for earlier, later in combinations(arms, 2))


def judge(family: Sequence[Pair], *, margin: float = MARGIN, lower_is_better: bool = False) -> tuple[Comparison, ...]:
    """The verdicts on a family, in its order.

    The family is what the study declares, all of it, whatever is shown: a comparison that is left out would make the
    others look surer than they are. A pair of arms without enough runs counts too.

    Args:
        family: All comparisons that were declared together.
        margin: The least difference that matters, in the unit of the figures, above 0.
        lower_is_better: Whether a smaller figure is the better one.
    """
    raise NotImplementedError
