"""What it costs to look at a verdict, add seeds and look again.

A test at 5 % is wrong one time in twenty where there is nothing to find, if it is made once. Whoever makes it after
every seed, and stops when it likes what it says, is fooled far more often. Nobody can know when a person looked, so
the lab takes it that everybody looks always: **every look is held to a standard 25 times as strict**, 0.05 / 25 =
0.002. Then one may look at any number of seeds, from three up, and add seeds as often as one likes: all those looks
together raise a false alarm at most one time in twenty. The verdict depends on the seeds there are and on nothing else.

Where 25 comes from: neighbouring looks share nearly all of their data, so a hundred looks cost far less than a hundred
separate tests. Simulated for normal figures, as the bounds of sequential trials are computed (Armitage, McPherson and
Rowe, 1969, J. R. Stat. Soc. A 132, 235-244; a t statistic does not depend on mean and deviation): all looks from 3 to
100 seeds together are wrong 15 times as often as one at 0.002, and 20 times as often as one at 0.0001, which the
largest families come to. Each further doubling of the seeds would add five or six such times. Beyond 100 seeds the
standard therefore grows with their number, and all doublings to come add eight together. Families of 1, 4 and 19
comparisons that were looked at 398 times, from 3 to 400 seeds, raised a false alarm in 3.5, 4.0 and 4.2 % of studies;
``tests/evidence/test_calibration.py`` holds the bound.
"""

from __future__ import annotations

FEWEST = 3
"""Seeds below which there is no verdict: the deviation of one or two trainings says next to nothing."""

ALPHA = 0.05
"""The share of studies without any difference in which some comparison may be called better or worse, at any look."""


def strictness(seeds: int) -> float:
    """How many times as strict the look at this many seeds of each arm has to be as a single one.

    A p value is multiplied by it. 25 up to 100 seeds, then a quarter of their number.
    """
    return max(25.0, seeds / 4)
