"""Judging claims about one network: a number that a training of it ends with, or an epoch.

A number in the report is one training. It is compared with the 95 % prediction interval of one further training, and
only where that interval is narrow enough to contradict it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mnist_lab.analysis.statistics import wording
from mnist_lab.analysis.statistics.arms import Arm
from mnist_lab.analysis.statistics.intervals import Interval, summary
from mnist_lab.report.claims.kinds import Epoch, MetricName, Number
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger.judgement import ClaimVerdict, Estimate, Judgement
from mnist_lab.report.ledger.metrics import metric_of
from mnist_lab.report.ledger.trainings import Trainings

MIN_TRAININGS = 5
"""Fewest trainings by which a number is judged."""

_MANY = 200
"""Trainings beyond which a prediction interval hardly narrows: its half approaches 1.96 deviations."""


def judge(claim: Claim, test: Number | Epoch, trainings: Trainings) -> Judgement:
    """Judge a number, at the last and at the best epoch, or an epoch."""
    metrics = [test.metric] if isinstance(test, Epoch) or test.best_metric is None else [test.metric, test.best_metric]
    arms = {metric: trainings.arm(test.arm, metric) for metric in metrics}
    estimates = tuple(estimate_of(arm, metric, trainings) for metric, arm in arms.items())
    fewest = min(arms.values(), key=lambda arm: arm.n)
    diverged = wording.diverged([fewest])
    if fewest.n < MIN_TRAININGS:
        few = f"Too few trainings: {fewest.n} of {test.arm}; a verdict takes at least {MIN_TRAININGS}."
        return Judgement(claim, "not enough runs", few + diverged, estimates)
    tested = [_TestedNumber(test, estimate, arms[estimate.metric]) for estimate in estimates]
    undecided = [one for one in tested if one.met is None]
    if any(one.met for one in tested):
        return Judgement(claim, "holds", _sentence(tested) + diverged, estimates)
    if not undecided:
        return Judgement(claim, "contradicted", _sentence(tested) + diverged, estimates)
    seeds = undecided[0].seeds_needed()
    verdict: ClaimVerdict = "not enough runs" if seeds else "too close to call"
    return Judgement(claim, verdict, _sentence(tested) + _more_trainings(seeds) + diverged, estimates, seeds)


def estimate_of(arm: Arm, metric: MetricName, trainings: Trainings) -> Estimate:
    """The mean of an arm with its intervals, as an estimate of a metric."""
    found = summary(arm.values.values())
    return Estimate(
        metric,
        arm.name,
        found.n,
        found.mean,
        found.interval,
        found.prediction,
        diverged=arm.diverged,
        selected_on_test=trainings.selected_on_test(arm.name, metric),
    )


@dataclass(frozen=True)
class _TestedNumber:
    """A claimed number and the trainings of its network, at least two."""

    test: Number | Epoch
    estimate: Estimate
    arm: Arm

    @property
    def prediction(self) -> Interval:
        assert self.estimate.prediction is not None
        return self.estimate.prediction

    @property
    def met(self) -> bool | None:
        """Whether one training can have the claimed number; None where the interval is too wide to decide."""
        low, high = self.prediction
        if isinstance(self.test, Epoch) and self.test.earlier:
            return True if high < self.test.claimed else False if low >= self.test.claimed else None
        if (high - low) / 2 > self.max_half_width:
            return None
        return low <= self.test.claimed <= high

    @property
    def max_half_width(self) -> float:
        """Widest half of the prediction interval by which the claim can be decided."""
        if isinstance(self.test, Epoch) and self.test.earlier:
            low, high = self.prediction
            return self.test.claimed - (low + high) / 2
        return self.test.max_half_width

    @property
    def claimed_text(self) -> str:
        return metric_of(self.estimate.metric).unit.value(self.test.claimed)

    @property
    def prediction_text(self) -> str:
        return metric_of(self.estimate.metric).unit.value_interval(self.prediction)

    def seeds_needed(self) -> int | None:
        """Number of trainings with which the interval would be narrow enough; None if hardly any number suffices.

        The deviation is assumed to stay the same. The ratio of interval to deviation depends on the number of values
        alone, so it is computed from arbitrary values.
        """
        from mnist_lab.analysis.statistics import arrays

        deviation = float(arrays.deviation(list(self.arm.values.values())))
        for n in range(self.arm.n + 1, _MANY):
            values = [0.0] * (n - 1) + [1.0]
            if arrays.half_width(values, further=True) / arrays.deviation(values) * deviation <= self.max_half_width:
                return n
        return None


def _sentence(tested: Sequence[_TestedNumber]) -> str:
    """The prediction interval, and whether the claimed number lies in it."""
    last, *others = tested
    metric = metric_of(last.estimate.metric).label
    start = (
        f"A further training of {last.arm.name} has a {metric} of {last.prediction_text} (95 % prediction interval): "
    )
    if isinstance(last.test, Epoch) and last.test.earlier:
        ends = {True: "before", False: "not before", None: "not certainly before"}
        return f"{start}{ends[last.met]} {last.claimed_text}."
    lies = {True: "lies inside", False: "lies outside", None: "cannot be judged by so wide an interval"}
    sentence = f"{start}{last.claimed_text} {lies[last.met]}."
    if not last.met:
        for best in others:
            sentence += f" At the best epoch, which is chosen on the test images, it is {best.prediction_text}: "
            sentence += f"{best.claimed_text} {lies[best.met]}."
    return sentence


def _more_trainings(seeds: int | None) -> str:
    """What more trainings would bring where the interval is too wide."""
    if seeds is None:
        return " More trainings would hardly narrow it: that is how far they vary."
    return f" With {seeds} trainings it would be narrow enough."
