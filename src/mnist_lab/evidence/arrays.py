"""The arithmetic of the verdicts, over arrays: the last axis holds the seeds of an arm or the comparisons of a family.

Leading axes are many studies at once, which is how the tests calibrate the very code that judges one. The
distribution functions are SciPy's; the module is only imported by what calculates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, nctdtr, ndtri, stdtr, stdtrit

from mnist_lab.evidence.looks import ALPHA, FEWEST, strictness

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

POWER = 0.8
MANY = 1_000_000
_ROUNDING = 8 * np.finfo(float).eps
"""Figures that differ by less than this share of themselves are equal: they were, before they were subtracted."""


def deviation(values: ArrayLike) -> Floats:
    """Standard deviation of each row (n - 1 below the line); exactly 0 where all values are equal."""
    return np.sqrt(_variance(np.asarray(values, float)))


def half_width(values: ArrayLike, *, further: bool = False) -> Floats:
    """Half of the 95 % t interval of each row's mean or, ``further``, of the interval that holds one further value.

    Hahn and Meeker (1991), Statistical Intervals, sections 4.2 and 4.7: t s / √n and t s √(1 + 1/n).
    """
    n = np.shape(values)[-1]
    return _t_beyond((1 - 0.95) / 2, np.float64(n - 1)) * deviation(values) * np.sqrt(1 / n + further)


@dataclass(frozen=True)
class Differences:
    """Differences of means, one a comparison; NaN where there was too little to compare.

    Attributes:
        mean: What they are.
        error: Their standard errors.
        freedom: The errors' degrees of freedom.
    """

    mean: Floats
    error: Floats
    freedom: Floats


def paired(ones: ArrayLike, others: ArrayLike) -> Differences:
    """Rows minus rows, value by value: Student's paired t test."""
    ones, others = np.asarray(ones, float), np.asarray(others, float)
    values = _without_rounding(ones - others, np.maximum(np.abs(ones), np.abs(others)))
    n = values.shape[-1]
    mean = values.mean(-1)
    return Differences(mean, np.sqrt(_variance(values) / n), np.full_like(mean, n - 1))


def unpaired(ones: ArrayLike, others: ArrayLike) -> Differences:
    """Rows minus rows, whose lengths and deviations may differ: Welch (1947), Biometrika 34, 28-35."""
    ones, others = np.asarray(ones, float), np.asarray(others, float)
    mean = _without_rounding(ones.mean(-1) - others.mean(-1), np.abs(ones).max(-1))
    errors = _variance(ones) / ones.shape[-1], _variance(others) / others.shape[-1]
    freedom = _satterthwaite(errors[0], ones.shape[-1] - 1, errors[1], others.shape[-1] - 1)
    return Differences(mean, np.sqrt(errors[0] + errors[1]), freedom)


def side_by_side(differences: list[Differences]) -> Differences:
    """Comparisons of several families at once, as families: the last axis is theirs."""
    return Differences(
        *(np.stack([getattr(d, name) for d in differences], -1) for name in ("mean", "error", "freedom"))
    )


@dataclass(frozen=True)
class Decisions:
    """What the tests say of each comparison of a family.

    Attributes:
        p: Of no difference, two-sided, before any correction.
        corrected: The same, paid for looks and family.
        different: Whether there is a difference, in whichever direction.
        equivalent: Whether the difference is certain to lie inside the margin.
        low: Lower end of the interval on which that rests.
        high: Upper end.
    """

    p: Floats
    corrected: Floats
    different: Flags
    equivalent: Flags
    low: Floats
    high: Floats


def decide(differences: Differences, seeds: ArrayLike, margin: float) -> Decisions:
    """Test a family for differences, and for equivalence by two one-sided tests (Schuirmann, 1987).

    A look's p value is multiplied by its strictness; the smallest of all looks, so multiplied, is then a p value
    itself, and Holm's procedure over such values keeps its promise at every look at once, also where arms of one
    family have different numbers of seeds.

    Args:
        differences: Those of all comparisons that were declared, whether they could be made or not.
        seeds: For each, how many of an arm were compared.
        margin: The least difference that matters, above 0.
    """
    mean, error, freedom = differences.mean, differences.error, differences.freedom
    strict = np.vectorize(strictness, otypes=[float])(seeds)
    p = 2 * _t_above(np.abs(mean), error, freedom)
    outside = np.maximum(_t_above(margin + mean, error, freedom), _t_above(margin - mean, error, freedom))
    corrected, level = holm(p * strict)
    corrected_outside, level_outside = holm(outside * strict)
    different = corrected <= ALPHA
    equivalent = ~different & (corrected_outside <= ALPHA)
    tail = np.where(equivalent, level_outside, level / 2) / strict
    half = _t_beyond(tail, freedom) * error
    return Decisions(p, corrected, different, equivalent, mean - half, mean + half)


def holm(p: Floats) -> tuple[Floats, Floats]:
    """Holm's procedure over the last axis: Holm (1979), Scand. J. Stat. 6, 65-70. NaN is no evidence: 1.

    Returns:
        The corrected values, and for each the level that it was tested at in its turn: what was not rejected is held
        to the level at which the procedure stopped. An uncorrected value is at most its level where the corrected one
        is at most 0.05.
    """
    p = np.where(np.isnan(p), 1.0, np.minimum(p, 1.0))
    size = p.shape[-1]
    order = np.argsort(p, axis=-1, kind="stable")
    stepped = np.maximum.accumulate(np.take_along_axis(p, order, -1) * (size - np.arange(size)), axis=-1)
    corrected = np.empty_like(p)
    np.put_along_axis(corrected, order, np.minimum(stepped, 1.0), -1)
    rank = np.argsort(order, axis=-1)
    stopped = (corrected <= ALPHA).sum(-1, keepdims=True)
    return corrected, ALPHA / (size - np.minimum(rank, np.minimum(stopped, size - 1)))


def likely_deviation(ones: ArrayLike, others: ArrayLike, *, in_pairs: bool) -> float:
    """How large the deviation that a comparison has to overcome may well be: its upper 80 % confidence bound.

    Of the differences where they are compared in pairs; else pooled, as the root of the mean of both variances, since
    both arms are to have the same number of seeds. A deviation as it was measured in few trainings is too small half
    of the time, and a study planned with it too small as well; planned with this bound it is large enough four times
    in five: Browne (1995), Statistics in Medicine 14, 1933-1940.
    """
    ones, others = np.asarray(ones, float), np.asarray(others, float)
    if in_pairs:
        found = paired(ones, others)
        variance, freedom = found.error**2 * ones.shape[-1], found.freedom
    else:
        variances = _variance(ones) / 2, _variance(others) / 2
        variance = variances[0] + variances[1]
        freedom = _satterthwaite(variances[0], ones.shape[-1] - 1, variances[1], others.shape[-1] - 1)
    return float(np.sqrt(variance * freedom / chdtri(freedom, 0.8)))


def power(seeds: float, difference: float, deviation: float, alpha: float, *, in_pairs: bool) -> float:
    """How often a two-sided t test tells a difference: from the noncentral t distribution.

    Args:
        seeds: Of each arm.
        difference: What there is to be told.
        deviation: Of the differences where they are compared in pairs, else of each arm.
        alpha: The level of the test.
        in_pairs: Whether they are.
    """
    freedom = seeds - 1 if in_pairs else 2 * seeds - 2
    shift = difference / deviation * np.sqrt(seeds if in_pairs else seeds / 2)
    bound = -stdtrit(freedom, alpha / 2)
    return float(1 - nctdtr(freedom, shift, bound) + nctdtr(freedom, shift, -bound))


def seeds_needed(deviation: float, margin: float, family: int, *, in_pairs: bool) -> int | None:
    """The fewest seeds of each arm with which a difference as large as the margin is told with a power of 80 %.

    At the level that a look at so many seeds has to meet for one comparison among ``family`` (Bonferroni's share,
    which is Holm's first step). None where a million would not do. For ``deviation`` see :func:`power`.
    """

    def enough(seeds: int) -> bool:
        alpha = ALPHA / family / strictness(seeds)
        return deviation == 0 or power(seeds, margin, deviation, alpha, in_pairs=in_pairs) >= POWER

    if enough(FEWEST):
        return FEWEST
    if not enough(MANY):
        return None
    too_few, sufficient = FEWEST, MANY
    while sufficient - too_few > 1:
        middle = (too_few + sufficient) // 2
        too_few, sufficient = (too_few, middle) if enough(middle) else (middle, sufficient)
    return sufficient


def wilson(right: int, images: int) -> tuple[float, float]:
    """The 95 % interval of an accuracy that was measured on so many images: Wilson (1927), JASA 22, 209-212."""
    z2 = ndtri(0.975) ** 2
    middle = (right + z2 / 2) / (images + z2)
    half = np.sqrt(z2) / (images + z2) * np.sqrt(right * (images - right) / images + z2 / 4)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _t_above(distance: Floats, error: Floats, freedom: Floats) -> Floats:
    """The chance that t is above ``distance`` in standard errors; where there is no error, 0, ½ or 1."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where((distance == 0) & (error == 0), 0.0, distance / error)
    return stdtr(freedom, -t)


def _t_beyond(tail: ArrayLike, freedom: Floats) -> Floats:
    """The value that t exceeds with so small a chance."""
    return -stdtrit(freedom, tail)


def _variance(values: Floats) -> Floats:
    equal = np.ptp(values, axis=-1) <= _ROUNDING * np.abs(values).max(-1)
    return np.where(equal, 0.0, values.var(-1, ddof=1))


def _without_rounding(differences: Floats, scale: Floats) -> Floats:
    return np.where(np.abs(differences) <= _ROUNDING * scale, 0.0, differences)


def _satterthwaite(one: Floats, one_freedom: int, other: Floats, other_freedom: int) -> Floats:
    """Degrees of freedom of a sum of two variances; those of both where neither varies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = (one + other) ** 2 / (one**2 / one_freedom + other**2 / other_freedom)
    return np.where(one + other > 0, freedom, one_freedom + other_freedom)
