"""Repeated trainings in the report: the network that it trained several times under several names.

How far their accuracies lie apart is chance, which shows how large a difference between networks has to be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.presets import preset
from mnist_lab.formatting import PERCENT, join_list
from mnist_lab.report.claims.kinds import Equivalence, Extreme, Number, Ordering, Trend
from mnist_lab.report.claims.passage import Claim


@dataclass(frozen=True)
class Difference:
    """Two accuracies of the report whose difference it interprets.

    Attributes:
        arms: The presets.
        size: Absolute difference, a fraction.
    """

    arms: tuple[str, str]
    size: float


@dataclass(frozen=True)
class Repeats:
    """The network whose accuracy the report gives most often.

    Attributes:
        claims: The claims with its accuracies, in the report's order.
        deviation: Standard deviation of the accuracies, a fraction.
        differences: All differences that the report interprets, one per pair of networks; of a best or worst network,
            the difference from the nearest.
    """

    claims: tuple[Claim, ...]
    deviation: float
    differences: tuple[Difference, ...]

    @property
    def accuracies(self) -> tuple[float, ...]:
        return tuple(_claimed(claim) for claim in self.claims)

    @property
    def spread(self) -> float:
        """Highest less lowest accuracy, a fraction."""
        return max(self.accuracies) - min(self.accuracies)

    @property
    def smaller(self) -> tuple[Difference, ...]:
        """The differences that are smaller than the spread."""
        return tuple(difference for difference in self.differences if difference.size < self.spread)

    @property
    def sentence(self) -> str:
        accuracies = join_list([PERCENT.value(accuracy) for accuracy in self.accuracies])
        return (
            f"The report gives the accuracy of what looks like one network {len(self.claims)} times: {accuracies}. "
            f"Only chance lies between them, and they differ by up to {PERCENT.difference(self.spread)}; "
            f"{len(self.smaller)} of the {len(self.differences)} differences that the report interprets are smaller."
        )


def repeats(claims: Iterable[Claim]) -> Repeats:
    """Find the network whose accuracy claims give most often, other readings of their words aside."""
    from mnist_lab.analysis.statistics import arrays

    claims = [claim for claim in claims if not claim.reading]
    by_network: dict[Experiment, list[Claim]] = {}
    for claim in claims:
        if isinstance(claim.test, Number) and claim.test.metric == "val_accuracy":
            by_network.setdefault(preset(claim.test.arm), []).append(claim)
    same = max(by_network.values(), key=len)
    deviation = float(arrays.deviation([_claimed(claim) for claim in same]))
    return Repeats(tuple(same), deviation, _differences(claims))


def _differences(claims: Sequence[Claim]) -> tuple[Difference, ...]:
    """Every difference that the report interprets, by the accuracies that it gives in the same section."""
    by_section: dict[str | None, dict[str, float]] = {}
    for claim in claims:
        if isinstance(claim.test, Number) and claim.test.metric == "val_accuracy":
            by_section.setdefault(claim.section, {})[claim.test.arm] = claim.test.claimed
    found: dict[frozenset[str], Difference] = {}
    for claim in claims:
        given = by_section.get(claim.section, {})
        for arm, other in _pairs(claim, given):
            if arm in given and other in given:
                found.setdefault(frozenset((arm, other)), Difference((arm, other), abs(given[arm] - given[other])))
    return tuple(found.values())


def _pairs(claim: Claim, given: dict[str, float]) -> list[tuple[str, str]]:
    """The presets that a claim compares, by the accuracies that the report gives."""
    match claim.test:
        case Ordering(arm, _, than, "val_accuracy"):
            return [(arm, than)]
        case Equivalence(each, to):
            return [(arm, to) for arm in each]
        case Trend(arms):
            return [(arms[-1], arms[0])]
        case Extreme(arm, _, others) if arm in given:
            known = [other for other in others if other in given]
            return [(arm, min(known, key=lambda other: abs(given[other] - given[arm])))] if known else []
    return []


def _claimed(claim: Claim) -> float:
    assert isinstance(claim.test, Number)
    return claim.test.claimed
