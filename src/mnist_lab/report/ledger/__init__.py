"""The ledger: every claim of the report judged by the trainings there are.

Everything here is a function of records: the same records make the same ledger.
"""

from __future__ import annotations

from collections.abc import Iterable

from mnist_lab.experiments.record import Record
from mnist_lab.report.claims.kinds import Epoch, Number
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.ledger import differences, numbers
from mnist_lab.report.ledger.judgement import ClaimVerdict, Estimate, Judgement
from mnist_lab.report.ledger.repeats import Repeats, repeats
from mnist_lab.report.ledger.trainings import Trainings

__all__ = ["ClaimVerdict", "Estimate", "Judgement", "Repeats", "judge", "repeats"]


def judge(claims: Iterable[Claim], records: Iterable[Record], epochs: int | None = None) -> list[Judgement]:
    """Judge claims, in their order.

    A number is compared with the 95 % prediction interval of one training, at the last and at the best epoch, once
    there are five trainings and the interval is narrow enough; it holds if it lies in one of the two intervals. All
    other claims are compared by :func:`mnist_lab.analysis.statistics.comparisons.judge`, the comparisons of one claim
    as one family.

    Args:
        claims: The claims to judge.
        records: Records of any runs. Those of other networks than the claims', and those that neither finished nor
            diverged, are ignored.
        epochs: The most epochs of a training, in a rehearsal. Default: as many as the presets have.

    Example:
        >>> from mnist_lab.report.claims import CLAIMS
        >>> [(one.claim.id, one.verdict) for one in judge(CLAIMS[:2], records=[])]
        [('default-first-loss', 'not enough runs'), ('default-val-loss', 'not enough runs')]
    """
    trainings = Trainings(records, epochs)
    return [_judged(claim, trainings) for claim in claims]


def _judged(claim: Claim, trainings: Trainings) -> Judgement:
    if isinstance(claim.test, Number | Epoch):
        return numbers.judge(claim, claim.test, trainings)
    return differences.judge(claim, claim.test, trainings)
