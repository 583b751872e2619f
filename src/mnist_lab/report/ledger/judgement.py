"""The judgement on a claim: its verdict, a sentence, and the estimates behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mnist_lab.analysis.statistics.intervals import Interval
from mnist_lab.report.claims.kinds import MetricName
from mnist_lab.report.claims.passage import Claim

ClaimVerdict = Literal["holds", "contradicted", "too close to call", "not enough runs", "not testable by accuracy"]


@dataclass(frozen=True)
class Estimate:
    """An estimate behind a judgement: the mean of one network, or the difference of two.

    Attributes:
        metric: What is estimated. Accuracies are fractions, a gradient share is a base-10 logarithm.
        arm: The preset.
        n: Number of trainings; of a difference, number of pairs or of trainings of each preset.
        value: The mean; of a difference, the mean of ``arm`` less that of ``than``. None with too few trainings.
        interval: 95 % interval of the value; of a difference, corrected for repeated testing and for the claim's other
            comparisons.
        prediction: 95 % prediction interval of one further training; None for a difference.
        than: The preset that ``arm`` is compared with; None for a mean.
        p: p value of a difference, corrected like its interval.
        diverged: Number of trainings without a value because they diverged.
        selected_on_test: Whether the epoch was chosen on the test images.
    """

    metric: MetricName
    arm: str
    n: int
    value: float | None
    interval: Interval | None
    prediction: Interval | None = None
    than: str | None = None
    p: float | None = None
    diverged: int = 0
    selected_on_test: bool = False

    @property
    def trainings(self) -> str:
        """The number of trainings, and of those that diverged, as text."""
        return f"{self.n} + {self.diverged} diverged" if self.diverged else str(self.n)


@dataclass(frozen=True)
class Judgement:
    """What the runs show about one claim.

    Attributes:
        claim: The claim.
        verdict: The verdict.
        sentence: One or two sentences for readers who know no statistics.
        estimates: The estimates behind the verdict.
        seeds_needed: Seeds of each network with which an undecided claim could be decided. None where it is decided,
            where no number of seeds suffices, or where the difference is known to be smaller than matters.
    """

    claim: Claim
    verdict: ClaimVerdict
    sentence: str
    estimates: tuple[Estimate, ...] = ()
    seeds_needed: int | None = None
