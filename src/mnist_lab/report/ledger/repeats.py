"""What the report's own figures say about chance: one network, several times, under several names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.presets import preset
from mnist_lab.formatting import PERCENT, join_list
from mnist_lab.report.claims.kinds import Equivalence, Extreme, Number, Order, Trend
from mnist_lab.report.claims.passage import Claim


@dataclass(frozen=True)
class Difference:
    """Two accuracies of the report between which it sees a difference, or none.

    Attributes:
        arms: The presets.
        size: How far apart they are, a fraction.
    """

    arms: tuple[str, str]
    size: float


@dataclass(frozen=True)
class Repeats:
    """One network whose accuracy the report gives several times.

    Attributes:
        claims: The figures, in the report's order.
        deviation: Their standard deviation, a fraction.
        differences: All that the report interprets, each pair of networks once; of a best or a worst one, that to the
            nearest.
    """

    claims: tuple[Claim, ...]
    deviation: float
    differences: tuple[Difference, ...]

    @property
    def figures(self) -> tuple[float, ...]:
        return tuple(_figure(claim) for claim in self.claims)

    @property
    def spread(self) -> float:
        """From the lowest to the highest, a fraction."""
        return max(self.figures) - min(self.figures)

    @property
    def smaller(self) -> tuple[Difference, ...]:
        """The differences that are smaller than the spread."""
        return tuple(difference for difference in self.differences if difference.size < self.spread)

    @property
    def sentence(self) -> str:
        figures = join_list([PERCENT.value(figure) for figure in self.figures])
        return (
            f"The report gives the accuracy of what looks like one network {len(self.claims)} times: {figures}. "
            f"Only chance lies between them, and they differ by up to {PERCENT.difference(self.spread)}; "
            f"{len(self.smaller)} of the {len(self.differences)} differences that the report interprets are smaller."
        )


def repeats(claims: Iterable[Claim]) -> Repeats:
    """The network that the report has trained most often, by its claims as they stand."""
    from mnist_lab.analysis.statistics import arrays

    claims = [claim for claim in claims if not claim.reading]
    by_network: dict[Experiment, list[Claim]] = {}
    for claim in claims:
        if isinstance(claim.test, Number) and claim.test.measure == "val_accuracy":
            by_network.setdefault(preset(claim.test.arm), []).append(claim)
    same = max(by_network.values(), key=len)
    deviation = float(arrays.deviation([_figure(claim) for claim in same]))
    return Repeats(tuple(same), deviation, _differences(claims))


def _differences(claims: Sequence[Claim]) -> tuple[Difference, ...]:
    """Every difference that the report interprets, by the figures that it gives in the same section."""
    figures: dict[str | None, dict[str, float]] = {}
    for claim in claims:
        if isinstance(claim.test, Number) and claim.test.measure == "val_accuracy":
            figures.setdefault(claim.section, {})[claim.test.arm] = claim.test.figure
    found: dict[frozenset[str], Difference] = {}
    for claim in claims:
        told = figures.get(claim.section, {})
        for arm, other in _pairs(claim, told):
            if arm in told and other in told:
                found.setdefault(frozenset((arm, other)), Difference((arm, other), abs(told[arm] - told[other])))
    return tuple(found.values())


def _pairs(claim: Claim, told: dict[str, float]) -> list[tuple[str, str]]:
    """The presets that a claim sets beside each other."""
    match claim.test:
        case Order(arm, _, than, "val_accuracy"):
            return [(arm, than)]
        case Equivalence(each, to):
            return [(arm, to) for arm in each]
        case Trend(arms):
            return [(arms[-1], arms[0])]
        case Extreme(arm, _, others) if arm in told:
            known = [other for other in others if other in told]
            return [(arm, min(known, key=lambda other: abs(told[other] - told[arm])))] if known else []
    return []


def _figure(claim: Claim) -> float:
    assert isinstance(claim.test, Number)
    return claim.test.figure
