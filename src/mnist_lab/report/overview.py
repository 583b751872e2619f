"""The five lines at the top of a report, for readers who know no statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from mnist_lab.analysis.statistics.intervals import summary
from mnist_lab.formatting import PERCENT, join_list, plural
from mnist_lab.report.blocks import LinkedText
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger import ClaimVerdict, Judgement, repeats
from mnist_lab.report.ledger.trainings import Trainings

VERDICTS: tuple[ClaimVerdict, ...] = get_args(ClaimVerdict)


def verdict_counts(judgements: Sequence[Judgement]) -> tuple[tuple[ClaimVerdict, int], ...]:
    """The number of claims with each verdict."""
    counts = Counter(judgement.verdict for judgement in judgements)
    return tuple((verdict, counts[verdict]) for verdict in VERDICTS)


def overview(judgements: Sequence[Judgement], trainings: Trainings) -> tuple[LinkedText, ...]:
    """The five lines: verdict counts, conclusions that hold, that are contradicted, that are undecided, and chance."""
    counts = [f"{verdict} {count}" for verdict, count in verdict_counts(judgements) if count]
    concluded = [judgement for judgement in judgements if judgement.claim.conclusion]

    def line(start: str, verdict: ClaimVerdict, none: str) -> LinkedText:
        claims = [judgement.claim for judgement in concluded if judgement.verdict == verdict]
        return (start, *_separated(claims), ".") if claims else (none,)

    undecided = line("Too close to call: ", "too close to call", "No conclusion is too close to call.")
    if lacking := sum(judgement.verdict == "not enough runs" for judgement in concluded):
        undecided = (*undecided, f" {plural(lacking, 'conclusion')} cannot be judged yet: not enough runs.")
    return (
        (f"Verdicts on the {len(judgements)} claims that the report makes here: {join_list(counts)}.",),
        line("Holds: ", "holds", "No conclusion of the report is shown to hold."),
        line("Contradicted: ", "contradicted", "No conclusion of the report is contradicted."),
        undecided,
        (_chance(trainings),),
    )


def _separated(claims: Sequence[Claim]) -> Iterator[str | Claim]:
    for index, claim in enumerate(claims):
        if index:
            yield "; "
        yield claim


def _chance(trainings: Trainings) -> str:
    """How far one network's trainings differ, in the report and here."""
    sentence = repeats(CLAIMS).sentence
    arm = trainings.arm("baseline", "val_accuracy")
    if arm.n < 2:
        return sentence
    accuracies = list(arm.values.values())
    deviation = summary(accuracies).deviation or 0.0
    return (
        f"{sentence} Here {arm.n} trainings of that network ended at "
        f"{PERCENT.value_interval((min(accuracies), max(accuracies)))}, with a standard deviation of "
        f"{PERCENT.difference(deviation)}."
    )
