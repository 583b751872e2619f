"""Claims about one network: a figure that a training of it ends with, or an epoch.

A figure of the report is one training. It is held against the interval in which one further training falls, and only
where that is narrow enough to say no.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mnist_lab.analysis.statistics import wording
from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.intervals import Interval, summary
from mnist_lab.report.claims.kinds import Epoch, Measure, Number
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.judgement import Finding, Judgement, Verdict
from mnist_lab.report.ledger.measures import measured
from mnist_lab.report.ledger.trainings import Trainings

FEWEST = 5
"""Trainings below which no number is judged."""

_MANY = 200
"""Trainings beyond which the interval of one further training hardly narrows: it comes near 1.96 deviations."""


def judge(claim: Claim, test: Number | Epoch, trainings: Trainings) -> Judgement:
    """The judgement on a number, at the last and at the best epoch, or on an epoch."""
    measures = [test.measure] if isinstance(test, Epoch) or test.best is None else [test.measure, test.best]
    arms = {measure: trainings.arm(test.arm, measure) for measure in measures}
    findings = tuple(finding_of(arm, measure, trainings) for measure, arm in arms.items())
    fewest = min(arms.values(), key=lambda arm: arm.n)
    told = wording.diverged([fewest])
    if fewest.n < FEWEST:
        few = f"Too few trainings: {fewest.n} of {test.arm}; a verdict takes at least {FEWEST}."
        return Judgement(claim, "not enough runs", few + told, findings)
    found = [_Found(test, finding, arms[finding.measure]) for finding in findings]
    vague = [one for one in found if one.met is None]
    if any(one.met for one in found):
        return Judgement(claim, "holds", _sentence(found) + told, findings)
    if not vague:
        return Judgement(claim, "contradicted", _sentence(found) + told, findings)
    seeds = vague[0].seeds_needed()
    verdict: Verdict = "not enough runs" if seeds else "too close to call"
    return Judgement(claim, verdict, _sentence(found) + _outlook(seeds) + told, findings, seeds)


def finding_of(arm: Arm, measure: Measure, trainings: Trainings) -> Finding:
    """What a preset's trainings come to."""
    found = summary(arm.values.values())
    return Finding(
        measure,
        arm.name,
        found.n,
        found.mean,
        found.interval,
        found.prediction,
        diverged=arm.diverged,
        selected_on_test=trainings.selected_on_test(arm.name, measure),
    )


@dataclass(frozen=True)
class _Found:
    """What is claimed, and what trainings of that network come to."""

    test: Number | Epoch
    finding: Finding
    arm: Arm

    @property
    def interval(self) -> Interval:
        """Where one further training falls."""
        assert self.finding.prediction is not None
        return self.finding.prediction

    @property
    def met(self) -> bool | None:
        """Whether a training can give the figure; None where the interval is too wide to say."""
        low, high = self.interval
        if isinstance(self.test, Epoch) and self.test.earlier:
            return True if high < self.test.figure else False if low >= self.test.figure else None
        if (high - low) / 2 > self.room:
            return None
        return low <= self.test.figure <= high

    @property
    def room(self) -> float:
        """How far the interval may reach to either side for the claim to be judged by it."""
        if isinstance(self.test, Epoch) and self.test.earlier:
            low, high = self.interval
            return self.test.figure - (low + high) / 2
        return self.test.precision

    @property
    def claimed(self) -> str:
        """The figure of the report."""
        return measured(self.finding.measure).unit.value(self.test.figure)

    @property
    def range(self) -> str:
        """Where one further training falls, as text."""
        return measured(self.finding.measure).unit.value_interval(self.interval)

    @property
    def told(self) -> str:
        """The same as the beginning of a sentence."""
        return (
            f"A further training of {self.arm.name} has a {self.finding.words} of {self.range} "
            "(95 % prediction interval)"
        )

    def seeds_needed(self) -> int | None:
        """Trainings with which the interval would be narrow enough; None where hardly any number would do.

        The deviation is taken as it is. What an interval is as a multiple of it rests on the number of values alone,
        so that any values will do to find it.
        """
        from mnist_lab.analysis.statistics import arrays

        deviation = float(arrays.deviation(list(self.arm.values.values())))
        for n in range(self.arm.n + 1, _MANY):
            values = [0.0] * (n - 1) + [1.0]
            if arrays.half_width(values, further=True) / arrays.deviation(values) * deviation <= self.room:
                return n
        return None


def _sentence(found: Sequence[_Found]) -> str:
    """Where one further training falls, and how the report's figure lies to that."""
    last, *others = found
    if isinstance(last.test, Epoch) and last.test.earlier:
        ends = {True: "before", False: "not before", None: "not certainly before"}
        return f"{last.told}: {ends[last.met]} {last.claimed}."
    lies = {True: "lies inside", False: "lies outside", None: "cannot be judged by so wide an interval"}
    sentence = f"{last.told}: {last.claimed} {lies[last.met]}."
    if not last.met:
        for best in others:
            sentence += f" At the best epoch, which is chosen on the test images, it is {best.range}: "
            sentence += f"{best.claimed} {lies[best.met]}."
    return sentence


def _outlook(seeds: int | None) -> str:
    """What more trainings would bring where the range is too wide."""
    if seeds is None:
        return " More trainings would hardly narrow it: that is how far they vary."
    return f" With {seeds} trainings it would be narrow enough."
