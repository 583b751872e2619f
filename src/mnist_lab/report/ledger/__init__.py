"""The report's claims judged by the trainings there are: the ledger.

Everything here is a function of records: the same records make the same ledger.
"""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.experiments.record import Record
from mnist_lab.report.claims.kinds import Epoch, Number
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger import differences, numbers
from mnist_lab.report.ledger.judgement import Finding, Judgement, Verdict
from mnist_lab.report.ledger.repeats import Repeats, repeats
from mnist_lab.report.ledger.trainings import Trainings

__all__ = ["Finding", "Judgement", "Repeats", "Verdict", "judge", "repeats"]


def judge(claims: Iterable[Claim], records: Iterable[Record], epochs: int | None = None) -> list[Judgement]:
    """A judgement on each claim, in their order.

    A number is held against the 95 % prediction interval of one training, at the last and at the best epoch, once
    there are five trainings and the interval is narrow enough; it holds where one of the two can give it. Everything
    else is compared as :func:`mnist_lab.analysis.statistics.comparisons.judge` does, the comparisons of one claim as
    one family.

    Args:
        claims: Any.
        records: All runs there are. Those that are none of the claims' presets, and those that neither finished nor
            diverged, do not count.
        epochs: As of :class:`~mnist_lab.report.ledger.trainings.Trainings`.
    """
    trainings = Trainings(records, epochs)
    return [_judged(claim, trainings) for claim in claims]


def _judged(claim: Claim, trainings: Trainings) -> Judgement:
    if isinstance(claim.test, Number | Epoch):
        return numbers.judge(claim, claim.test, trainings)
    return differences.judge(claim, claim.test, trainings)
