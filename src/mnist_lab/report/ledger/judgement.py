"""What is said of a claim, and the figures that it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mnist_lab.analysis.statistics.intervals import Interval
from mnist_lab.report.claims.kinds import Measure
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.measures import measured

Verdict = Literal["holds", "contradicted", "too close to call", "not enough runs", "not testable by accuracy"]


@dataclass(frozen=True)
class Finding:
    """One figure behind a judgement: of one network, or of the difference between two.

    Attributes:
        measure: What is measured. Accuracies are fractions, a share is the logarithm to the base of 10.
        arm: The preset.
        n: Trainings; of a difference, the pairs or the trainings of the preset that has fewer.
        value: The mean; of a difference, that of ``arm`` less that of ``than``. None where there is too little.
        interval: Holds the mean with 95 %; or the difference, once the looks and the other comparisons of the claim are
            paid for.
        prediction: Holds the figure of one further training with 95 %; None of a difference.
        than: The preset that it is compared with; None where it is not.
        p: Of a difference, after looks and comparisons were paid for.
        diverged: Trainings that have no figure because they diverged.
        selected_on_test: Whether the epoch was chosen on the test images.
    """

    measure: Measure
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
        """How many there are, and how many diverged."""
        return f"{self.n} + {self.diverged} diverged" if self.diverged else str(self.n)

    @property
    def words(self) -> str:
        """What it is the figure of."""
        return measured(self.measure).label


@dataclass(frozen=True)
class Judgement:
    """What the runs say of one claim.

    Attributes:
        claim: The claim.
        verdict: In a word.
        sentence: In one or two sentences, for people who know no statistics.
        findings: What that rests on.
        seeds_needed: Where it cannot be told yet, but with more seeds: how many of each network it takes. None where
            no number of seeds would do, or where a difference is known to be too small to matter.
    """

    claim: Claim
    verdict: Verdict
    sentence: str
    findings: tuple[Finding, ...] = ()
    seeds_needed: int | None = None

    @property
    def selected_on_test(self) -> bool:
        """Whether a figure of it was chosen on the test images."""
        return any(finding.selected_on_test for finding in self.findings)
