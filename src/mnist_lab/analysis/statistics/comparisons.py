"""Verdicts on pairs of arms: better, worse, equivalent, or not decided yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Literal, TypeAlias

from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.sequential import MIN_SEEDS
from mnist_lab.errors import UsageError

if TYPE_CHECKING:
    from mnist_lab.analysis.statistics.arrays import Differences

MARGIN = 0.001
"""The least difference in accuracy that matters unless another is stated: 0.1 point, as a fraction."""

Verdict = Literal["better", "worse", "equivalent", "too close to call", "not enough runs"]
ArmPair: TypeAlias = tuple[Arm, Arm]
"""An arm, and the arm that it is compared with."""


@dataclass(frozen=True)
class Comparison:
    """The comparison of an arm with another one.

    Attributes:
        arm: The arm that is judged.
        baseline: The arm that it is compared with.
        verdict: The verdict on ``arm``.
        paired: Whether the trainings were compared in pairs of one seed.
        n: Number of seeds of each arm that were compared.
        margin: The least difference that matters, in the unit of the values.
        family: Number of comparisons that were declared together.
        difference: Mean of ``arm`` less mean of ``baseline``, over the trainings compared; None without any.
        interval: Interval of the difference with a confidence of at least 95 %, corrected for repeated testing. It
            excludes 0 exactly where the verdict is better or worse, and lies inside the margin where the verdict is
            equivalent. None where there were not enough runs.
        p: Two-sided p value of no difference, uncorrected.
        corrected: The same corrected for repeated testing and for the family: better or worse where at most 0.05.
        within_margin: Whether the verdict is better or worse and the whole interval lies inside the margin.
        seeds_needed: Seeds of each arm with which a difference as large as the margin would be shown with a power of
            80 %; None where the verdict needs no more, or where a million do not suffice.
    """

    arm: Arm
    baseline: Arm
    verdict: Verdict
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


def versus_baseline(baseline: Arm, arms: Sequence[Arm]) -> tuple[ArmPair, ...]:
    """The family of a study with a baseline: each arm versus the baseline, which may be among them."""
    return tuple((arm, baseline) for arm in arms if arm.name != baseline.name)


def all_pairs(arms: Sequence[Arm]) -> tuple[ArmPair, ...]:
    """The family of all pairs of arms, each arm versus those before it."""
    return tuple((later, earlier) for earlier, later in combinations(arms, 2))


def judge(
    family: Sequence[ArmPair], *, margin: float = MARGIN, lower_is_better: bool = False
) -> tuple[Comparison, ...]:
    """Judge a family of comparisons, in its order.

    The family is all that the study declares, whatever is shown of it: leaving a comparison out would make the others
    look more certain than they are. A pair without enough runs counts too.

    Args:
        family: All comparisons that were declared together.
        margin: The least difference that matters, in the unit of the values. Default: 0.1 percentage points.
        lower_is_better: Whether a lower value is better.

    Raises:
        UsageError: The margin is not above 0.

    Example:
        >>> relu = Arm("relu", {0: 0.978, 1: 0.979, 2: 0.980})
        >>> elu = Arm("elu", {0: 0.950, 1: 0.951, 2: 0.952})
        >>> [comparison] = judge(versus_baseline(relu, [elu]))
        >>> comparison.verdict, round(comparison.difference, 3)
        ('worse', -0.028)
    """
    if not margin > 0:
        raise UsageError(f"The margin is the least difference that matters: above 0, and not {margin:g}.")
    if not family:
        return ()

    from mnist_lab.analysis.statistics import arrays

    matches = [_match(arm, baseline) for arm, baseline in family]
    differences = arrays.stack([match.differences() for match in matches])
    decisions = arrays.decide(differences, [match.n for match in matches], margin)
    judged = []
    for index, ((arm, baseline), match) in enumerate(zip(family, matches, strict=True)):
        base = Comparison(arm, baseline, "not enough runs", match.paired, match.n, margin, len(family))
        if not match.enough:
            judged.append(base)
            continue
        difference = float(differences.mean[index])
        low, high = float(decisions.low[index]), float(decisions.high[index])
        verdict: Verdict = "too close to call"
        if decisions.different[index]:
            verdict = "worse" if (difference > 0) == lower_is_better else "better"
        elif decisions.equivalent[index]:
            verdict = "equivalent"
        judged.append(
            replace(
                base,
                verdict=verdict,
                difference=difference,
                interval=(low, high),
                p=float(decisions.p[index]),
                corrected=float(decisions.corrected[index]),
                within_margin=verdict in ("better", "worse") and max(-low, high) < margin,
                seeds_needed=match.seeds_needed(margin, len(family)) if verdict == "too close to call" else None,
            )
        )
    return tuple(judged)


@dataclass(frozen=True)
class _Match:
    """The values that are compared, as many of both arms; those of a pair have the same index."""

    paired: bool
    ones: list[float]
    others: list[float]
    resolutions: tuple[float, float]

    @property
    def n(self) -> int:
        return len(self.ones)

    @property
    def enough(self) -> bool:
        return self.n >= MIN_SEEDS

    def differences(self) -> Differences:
        from mnist_lab.analysis.statistics import arrays

        if not self.enough:
            return arrays.UNKNOWN
        test = arrays.paired_differences if self.paired else arrays.unpaired_differences
        return test(self.ones, self.others, self.resolutions)

    def seeds_needed(self, margin: float, family: int) -> int | None:
        from mnist_lab.analysis.statistics import arrays

        deviation = arrays.deviation_bound(self.differences(), self.n)
        return arrays.seeds_needed(deviation, margin, family, paired=self.paired)


def _match(arm: Arm, baseline: Arm) -> _Match:
    """Select the values to compare.

    In pairs where both arms have the same architecture and share at least half of the seeds of the smaller arm; with
    fewer, leaving the other seeds out would cost more than pairing gains. Without pairs, as many seeds of each as the
    smaller arm has, the lowest first (see :func:`~mnist_lab.analysis.statistics.arrays.unpaired_differences`).
    """
    shared = arm.values.keys() & baseline.values.keys()
    fewer = min(arm.n, baseline.n)
    alike = arm.architecture is not None and arm.architecture == baseline.architecture
    steps = arm.resolution, baseline.resolution
    if alike and len(shared) >= max(MIN_SEEDS, fewer / 2):
        return _Match(True, arm.values_of(shared), baseline.values_of(shared), steps)
    ones, others = (one.values_of(one.values)[:fewer] for one in (arm, baseline))
    return _Match(False, ones, others, steps)
