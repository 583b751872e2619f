"""What was found, in five lines for a reader who knows no statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import get_args

from mnist_lab.analysis.statistics.intervals import summary
from mnist_lab.formatting import PERCENT, join_list, plural
from mnist_lab.report.blocks import Line
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger import Judgement, Verdict, repeats
from mnist_lab.report.ledger.trainings import Trainings

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def counts(judgements: Sequence[Judgement]) -> tuple[tuple[Verdict, int], ...]:
    """How many claims have each verdict."""
    found = Counter(judgement.verdict for judgement in judgements)
    return tuple((verdict, found[verdict]) for verdict in VERDICTS)


def found(judgements: Sequence[Judgement], trainings: Trainings) -> tuple[Line, ...]:
    """The five lines: how many claims stand, which conclusions do, which fall, which are open, and why."""
    told = [f"{verdict} {count}" for verdict, count in counts(judgements) if count]
    concluded = [judgement for judgement in judgements if judgement.claim.gist]

    def line(start: str, verdict: Verdict, none: str) -> Line:
        claims = [judgement.claim for judgement in concluded if judgement.verdict == verdict]
        return (start, *_separated(claims), ".") if claims else (none,)

    untold = line("Too close to call: ", "too close to call", "No conclusion is too close to call.")
    if lacking := sum(judgement.verdict == "not enough runs" for judgement in concluded):
        untold = (*untold, f" {plural(lacking, 'conclusion')} cannot be judged yet: not enough runs.")
    return (
        (f"Verdicts on the {len(judgements)} claims that the report makes here: {join_list(told)}.",),
        line("Holds: ", "holds", "No conclusion of the report is shown to hold."),
        line("Contradicted: ", "contradicted", "No conclusion of the report is contradicted."),
        untold,
        (_chance(trainings),),
    )


def _separated(claims: Sequence[Claim]) -> Iterator[str | Claim]:
    for place, claim in enumerate(claims):
        if place:
            yield "; "
        yield claim


def _chance(trainings: Trainings) -> str:
    """The free finding, and how far one network's trainings lie apart here."""
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
