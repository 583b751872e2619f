"""The correction of p values for repeated testing while seeds are added.

A test at the 5 % level finds a difference that does not exist in 5 % of studies, if it is made once. If it is repeated
after each added seed until it finds one, it errs far more often. Since nobody can know how often a study was tested,
the lab assumes that it was tested at every number of seeds: **each test is made at the level 0.05 / 25 = 0.002**, that
is, its p value is multiplied by 25. Then any number of seeds from three up may be tested, as often as one likes: all
tests together find a difference that does not exist in at most 5 % of studies. A verdict depends on the seeds there
are and on nothing else.

Why 25: consecutive tests share nearly all of their data, so a hundred of them cost far less than a hundred independent
tests. Simulated for normally distributed values, as the boundaries of sequential trials are computed (Armitage,
McPherson and Rowe, 1969, J. R. Stat. Soc. A 132, 235-244; a t statistic does not depend on mean and deviation): all
tests from 3 to 100 seeds together err 15 times as often as one test at 0.002, and 20 times as often as one test at
0.0001, the level of the largest families. Each further doubling of the seeds would add five or six times. Beyond 100
seeds the factor therefore grows with the number of seeds, and all further doublings add eight together. Families of 1,
4 and 19 comparisons that were tested 398 times, from 3 to 400 seeds, had a false positive in 3.5, 4.0 and 4.2 % of
studies; ``tests/analysis/statistics/test_calibration.py`` checks the bound.
"""

from __future__ import annotations

MIN_SEEDS = 3
"""Fewest seeds of each arm for a verdict: the deviation of one or two trainings is hardly an estimate."""

ALPHA = 0.05
"""Largest share of studies without any difference in which a verdict is ever better or worse."""


def alpha_penalty(seeds: int) -> float:
    """The factor by which a p value is multiplied because the test may be repeated at any number of seeds.

    Args:
        seeds: Number of seeds of each arm.

    Returns:
        25 for up to 100 seeds, then a quarter of their number.
    """
    return max(25.0, seeds / 4)
