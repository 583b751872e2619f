"""The arithmetic of the verdicts, over arrays: the last axis holds the seeds of an arm or the comparisons of a family.

Leading axes are many studies at once, which is how the tests calibrate the very code that judges one. The
distribution functions are SciPy's; statsmodels is not loaded, which takes a second or two, and is what the tests hold
all of this against. The module is only imported by what calculates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, nctdtr, ndtri, stdtr, stdtrit

from mnist_lab.analysis.statistics.sequential import ALPHA, FEWEST, strictness

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

POWER = 0.8
MANY = 1_000_000
STEP = 0.0001
"""An accuracy on 10,000 images is a whole number of these."""
_LEAST_VARIANCE = STEP**2 / 12
"""What rounding to whole steps adds to a variance (Sheppard's correction); no test takes a figure to vary less.

A few trainings may well agree to the last image, or differ from others by the very same number of images. Their
variance would be nothing, and any difference certain.
"""


def deviation(values: ArrayLike) -> Floats:
    """Standard deviation of each row, n - 1 below the line."""
    found: Floats = np.std(np.asarray(values, float), axis=-1, ddof=1)
    return found


def half_width(values: ArrayLike, *, further: bool = False) -> Floats:
    """Half of the 95 % t interval of each row's mean or, ``further``, of the interval that holds one further value.

    Hahn and Meeker (1991), Statistical Intervals, chapter 4: t s / √n and t s √(1 + 1/n).
    """
    n = np.shape(values)[-1]
    half: Floats = deviation(values) * _t_beyond(0.025, n - 1) * np.sqrt(1 / n + further)
    return half


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


UNKNOWN = Differences(*(np.full((), np.nan) for _ in range(3)))


def paired(ones: ArrayLike, others: ArrayLike) -> Differences:
    """Rows minus rows, value by value: Student's paired t test."""
    values = np.asarray(ones, float) - np.asarray(others, float)
    n = values.shape[-1]
    mean = values.mean(-1)
    variance = np.maximum(values.var(-1, ddof=1), 2 * _LEAST_VARIANCE)
    return Differences(mean, np.sqrt(variance / n), np.full_like(mean, n - 1))


def unpaired(ones: ArrayLike, others: ArrayLike) -> Differences:
    """Rows minus rows of the same length, whose deviations may differ: Welch (1947), Biometrika 34, 28-35.

    The same length, because the test is far from its level without: at 0.0005 it errs 25 times too often for 3
    values against 40, and not too often for 3 against 3. Degrees of freedom: Satterthwaite (1946), Biometrics
    Bulletin 2, 110-114.
    """
    ones, others = np.asarray(ones, float), np.asarray(others, float)
    n = ones.shape[-1]
    variances = [np.maximum(values.var(-1, ddof=1), _LEAST_VARIANCE) for values in (ones, others)]
    total = variances[0] + variances[1]
    freedom = (n - 1) * total**2 / (variances[0] ** 2 + variances[1] ** 2)
    return Differences(ones.mean(-1) - others.mean(-1), np.sqrt(total / n), freedom)


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
    p = 2 * _t_above(np.abs(mean) / error, freedom)
    outside = _t_above((margin - np.abs(mean)) / error, freedom)
    corrected, level = holm(p * strict)
    corrected_outside, level_outside = holm(outside * strict)
    different = corrected <= ALPHA
    equivalent = ~different & (corrected_outside <= ALPHA)
    tail = np.where(equivalent, level_outside, level / 2) / strict
    half = _t_beyond(tail, freedom) * error
    low, high = mean - half, mean + half
    # Of two one-sided tests, each at 5 %, this is the 95 % interval: Hsu et al. (1994), Biometrika 81, 103-114.
    low, high = np.where(equivalent, np.minimum(low, 0), low), np.where(equivalent, np.maximum(high, 0), high)
    return Decisions(p, corrected, different, equivalent, low, high)


def holm(p: Floats) -> tuple[Floats, Floats]:
    """Holm's procedure over the last axis: Holm (1979), Scand. J. Stat. 6, 65-70. NaN is no evidence: 1.

    The function of statsmodels takes one family at a time, and collects the whole process's garbage at each call.

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
    return corrected, ALPHA / (size - np.minimum(rank, stopped))


def likely_deviation(differences: Differences, seeds: int) -> float:
    """How much the difference of two trainings may well vary: the upper 80 % confidence bound of its deviation.

    A deviation as it was measured in few trainings is too small half of the time, and a study that is planned with it
    too small as well; planned with this bound it is large enough four times in five: Browne (1995), Statistics in
    Medicine 14, 1933-1940.

    Args:
        differences: A single one.
        seeds: How many of each arm it is over.
    """
    freedom = differences.freedom
    return float(differences.error * np.sqrt(seeds * freedom / chdtri(freedom, 0.8)))


def power(seeds: float, difference: float, deviation: float, alpha: float, *, in_pairs: bool) -> float:
    """How often a two-sided t test tells a difference, the right way round: from the noncentral t distribution.

    Args:
        seeds: Of each arm.
        difference: What there is to be told, above 0.
        deviation: Of the difference of two trainings, one of each arm: √2 times that of an arm, if both vary alike and
            have nothing in common.
        alpha: The level of the test.
        in_pairs: Whether trainings are compared in pairs; else by arms that vary alike.
    """
    freedom = seeds - 1 if in_pairs else 2 * seeds - 2
    shift = difference / deviation * np.sqrt(seeds)
    return float(1 - nctdtr(freedom, shift, _t_beyond(alpha / 2, freedom)))


def seeds_needed(deviation: float, margin: float, family: int, *, in_pairs: bool) -> int | None:
    """The fewest seeds of each arm with which a difference as large as the margin is told with a power of 80 %.

    At the level that a look at so many seeds has to meet for one comparison among ``family`` (Bonferroni's share,
    which is Holm's first step). None where a million would not do. For ``deviation`` see :func:`power`.
    """

    def enough(seeds: int) -> bool:
        alpha = ALPHA / family / strictness(seeds)
        return power(seeds, margin, deviation, alpha, in_pairs=in_pairs) >= POWER

    too_few, sufficient = FEWEST - 1, FEWEST
    while not enough(sufficient):
        too_few, sufficient = sufficient, 2 * sufficient
        if sufficient > MANY:
            return None
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


def _t_above(t: Floats, freedom: Floats) -> Floats:
    """The chance of a greater value than ``t``."""
    tail: Floats = stdtr(freedom, -t)
    return tail


def _t_beyond(tail: ArrayLike, freedom: ArrayLike) -> Floats:
    """The value that t exceeds with so small a chance."""
    t: Floats = -stdtrit(freedom, tail)
    return t
