"""Tests and intervals over arrays, whose last axis holds the seeds of an arm or the comparisons of a family.

Leading axes are many studies at once: so the tests calibrate the code that judges one study. The distribution
functions are SciPy's. statsmodels, which takes a second or two to import, is what the tests compare this module with.
Only modules that calculate import this one, within a function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, nctdtr, ndtri, stdtr, stdtrit

from mnist_lab.analysis.statistics.arms import RESOLUTION
from mnist_lab.analysis.statistics.sequential import ALPHA, MIN_SEEDS, alpha_penalty

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

POWER = 0.8
MAX_SEEDS = 1_000_000


def deviation(values: ArrayLike) -> Floats:
    """Sample standard deviation of each row (n - 1 degrees of freedom)."""
    found: Floats = np.std(np.asarray(values, float), axis=-1, ddof=1)
    return found


def half_width(values: ArrayLike, *, further: bool = False) -> Floats:
    """Half of each row's 95 % confidence interval of the mean or, if ``further``, 95 % prediction interval.

    Hahn and Meeker (1991), Statistical Intervals, chapter 4: t s / √n and t s √(1 + 1/n).
    """
    n = np.shape(values)[-1]
    half: Floats = deviation(values) * _t_beyond(0.025, n - 1) * np.sqrt(1 / n + further)
    return half


@dataclass(frozen=True)
class Differences:
    """Differences of two means, one per comparison; NaN where there were too few values.

    Attributes:
        mean: The differences.
        error: Their standard errors.
        df: Degrees of freedom of the standard errors.
    """

    mean: Floats
    error: Floats
    df: Floats


UNKNOWN = Differences(*(np.full((), np.nan) for _ in range(3)))


def least_variance(resolution: float) -> float:
    """The variance that rounding to whole steps adds (Sheppard's correction): the least variance that tests assume.

    A few trainings may agree to the last image, or differ from others by the same number of images. Without this bound
    their variance would be 0, and any difference significant.

    Args:
        resolution: The least step between two values.
    """
    return resolution**2 / 12


def paired_differences(
    ones: ArrayLike, others: ArrayLike, resolutions: tuple[float, float] = (RESOLUTION, RESOLUTION)
) -> Differences:
    """Mean of the differences of rows, value by value: Student's paired t test.

    Args:
        ones: Values of one arm, seeds along the last axis.
        others: Values of the other arm under the same seeds.
        resolutions: The least step between two values, of each arm.
    """
    values = np.asarray(ones, float) - np.asarray(others, float)
    n = values.shape[-1]
    mean = values.mean(-1)
    variance = np.maximum(values.var(-1, ddof=1), sum(map(least_variance, resolutions)))
    return Differences(mean, np.sqrt(variance / n), np.full_like(mean, n - 1))


def unpaired_differences(
    ones: ArrayLike, others: ArrayLike, resolutions: tuple[float, float] = (RESOLUTION, RESOLUTION)
) -> Differences:
    """Difference of the means of rows of the same length, whose variances may differ: Welch's t test.

    Welch (1947), Biometrika 34, 28-35. The lengths must be equal, because otherwise the test is far from its level: at
    0.0005 it errs 25 times too often for 3 values versus 40, and not too often for 3 versus 3. Degrees of freedom:
    Satterthwaite (1946), Biometrics Bulletin 2, 110-114. Arguments as of :func:`paired_differences`.
    """
    ones, others = np.asarray(ones, float), np.asarray(others, float)
    n = ones.shape[-1]
    variances = [
        np.maximum(values.var(-1, ddof=1), least_variance(resolution))
        for values, resolution in zip((ones, others), resolutions, strict=True)
    ]
    total = variances[0] + variances[1]
    df = (n - 1) * total**2 / (variances[0] ** 2 + variances[1] ** 2)
    return Differences(ones.mean(-1) - others.mean(-1), np.sqrt(total / n), df)


def stack(differences: list[Differences]) -> Differences:
    """Stack comparisons into families along a new last axis."""
    return Differences(*(np.stack([getattr(d, name) for d in differences], -1) for name in ("mean", "error", "df")))


@dataclass(frozen=True)
class Decisions:
    """Test results of each comparison of a family.

    Attributes:
        p: Two-sided p value of no difference, uncorrected.
        corrected: The same corrected for repeated testing and for the family.
        different: Whether there is a significant difference, in either direction.
        equivalent: Whether the difference is shown to lie inside the margin.
        low: Lower end of the interval that corresponds to these decisions.
        high: Its upper end.
    """

    p: Floats
    corrected: Floats
    different: Flags
    equivalent: Flags
    low: Floats
    high: Floats


def decide(differences: Differences, seeds: ArrayLike, margin: float) -> Decisions:
    """Test a family for differences, and for equivalence by two one-sided tests (Schuirmann, 1987).

    Each p value is multiplied by :func:`~mnist_lab.analysis.statistics.sequential.alpha_penalty`. The smallest of all
    p values so multiplied, over all numbers of seeds, is a valid p value itself. Holm's procedure over such values
    therefore controls the family-wise error at all numbers of seeds together, also if the arms of a family have
    different numbers of seeds.

    Args:
        differences: Those of all comparisons that were declared, whether they have enough values or not.
        seeds: Number of seeds of each arm that were compared, one per comparison.
        margin: The least difference that matters, above 0.
    """
    mean, error, df = differences.mean, differences.error, differences.df
    penalty = np.vectorize(alpha_penalty, otypes=[float])(seeds)
    p = 2 * _t_above(np.abs(mean) / error, df)
    outside = _t_above((margin - np.abs(mean)) / error, df)
    corrected, level = holm(p * penalty)
    corrected_outside, level_outside = holm(outside * penalty)
    different = corrected <= ALPHA
    equivalent = ~different & (corrected_outside <= ALPHA)
    tail = np.where(equivalent, level_outside, level / 2) / penalty
    half = _t_beyond(tail, df) * error
    low, high = mean - half, mean + half
    # The 95 % interval of two one-sided tests, each at 5 %: Hsu et al. (1994), Biometrika 81, 103-114.
    low, high = np.where(equivalent, np.minimum(low, 0), low), np.where(equivalent, np.maximum(high, 0), high)
    return Decisions(p, corrected, different, equivalent, low, high)


def holm(p: Floats) -> tuple[Floats, Floats]:
    """Holm's procedure over the last axis: Holm (1979), Scand. J. Stat. 6, 65-70. NaN counts as 1.

    The function of statsmodels takes one family at a time, and runs a full garbage collection at each call.

    Returns:
        The corrected p values, and for each the level at which it was tested; those that were not rejected are tested
        at the level at which the procedure stopped. An uncorrected value is at most its level where the corrected one
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


def deviation_bound(differences: Differences, seeds: int) -> float:
    """Upper 80 % confidence bound of the standard deviation of the difference of two trainings.

    The deviation estimated from few trainings is too small half of the time, and so is a study that is planned with
    it; this bound is large enough in 80 % of studies: Browne (1995), Statistics in Medicine 14, 1933-1940.

    Args:
        differences: A single one.
        seeds: Number of seeds of each arm.
    """
    df = differences.df
    return float(differences.error * np.sqrt(seeds * df / chdtri(df, 0.8)))


def power(seeds: float, difference: float, deviation: float, alpha: float, *, paired: bool) -> float:
    """Power of a two-sided t test to show a difference in the right direction, by the noncentral t distribution.

    Args:
        seeds: Number of seeds of each arm.
        difference: The true difference, above 0.
        deviation: Standard deviation of the difference of two trainings, one of each arm: √2 times that of an arm if
            both vary alike and independently.
        alpha: Level of the test.
        paired: Whether trainings are compared in pairs; if not, the arms have equal variances.
    """
    df = seeds - 1 if paired else 2 * seeds - 2
    shift = difference / deviation * np.sqrt(seeds)
    return float(1 - nctdtr(df, shift, _t_beyond(alpha / 2, df)))


def seeds_needed(deviation: float, margin: float, family: int, *, paired: bool) -> int | None:
    """Fewest seeds of each arm that show a difference as large as the margin with a power of 80 %.

    At the level for one comparison among ``family`` (Bonferroni's share, which is Holm's first step), corrected for
    repeated testing. None if a million do not suffice. For ``deviation`` see :func:`power`.
    """

    def enough(seeds: int) -> bool:
        alpha = ALPHA / family / alpha_penalty(seeds)
        return power(seeds, margin, deviation, alpha, paired=paired) >= POWER

    too_few, sufficient = MIN_SEEDS - 1, MIN_SEEDS
    while not enough(sufficient):
        too_few, sufficient = sufficient, 2 * sufficient
        if sufficient > MAX_SEEDS:
            return None
    while sufficient - too_few > 1:
        middle = (too_few + sufficient) // 2
        too_few, sufficient = (too_few, middle) if enough(middle) else (middle, sufficient)
    return sufficient


def wilson(correct: int, images: int) -> tuple[float, float]:
    """95 % interval of an accuracy from the number of correct predictions: Wilson (1927), JASA 22, 209-212."""
    z2 = ndtri(0.975) ** 2
    middle = (correct + z2 / 2) / (images + z2)
    half = np.sqrt(z2) / (images + z2) * np.sqrt(correct * (images - correct) / images + z2 / 4)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _t_above(t: Floats, df: Floats) -> Floats:
    """Probability of a value greater than ``t``."""
    tail: Floats = stdtr(df, -t)
    return tail


def _t_beyond(tail: ArrayLike, df: ArrayLike) -> Floats:
    """The value that t exceeds with probability ``tail``."""
    t: Floats = -stdtrit(df, tail)
    return t
