"""The claims as rows: the words, the verdict, how many trainings that rests on, and where the words stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from mnist_lab.report.ledger import Judgement
from mnist_lab.report.ledger.table import SIGNS, verdict_text
from mnist_lab.tui.widgets.grid import Column

_VERDICT = max(map(len, SIGNS)) + 2
_SEEDS = 5
_PLACE = 43
_BETWEEN = 2
"""Cells after each column."""
_BAR = 1
"""Of the scroll bar."""
_WIDE = 130


class ClaimRows:
    """Rows for the judgements of some claims.

    Args:
        judgements: What is shown.
        width: Cells of the table.
    """

    def __init__(self, judgements: Sequence[Judgement], width: int) -> None:
        self._judgements: Mapping[str, Judgement] = {judgement.claim.id: judgement for judgement in judgements}
        self._wide = width >= _WIDE
        others = [_VERDICT, _SEEDS, _PLACE] if self._wide else [_VERDICT, _SEEDS]
        self._words = max(20, width - _BAR - _BETWEEN - sum(one + _BETWEEN for one in others))

    @property
    def keys(self) -> list[str]:
        """The claims' ids, in the report's order."""
        return list(self._judgements)

    def columns(self) -> list[Column]:
        """What stands in a row."""
        columns = [
            Column("verdict", "verdict", _VERDICT),
            Column("claim", "claim", self._words),
            Column("seeds", "seeds", _SEEDS, right=True),
        ]
        return [*columns, Column("place", "in the report", _PLACE)] if self._wide else columns

    def cells(self, claim_id: str) -> list[Text]:
        """A row."""
        judgement = self._judgements[claim_id]
        claim, seeds = judgement.claim, fewest_seeds(judgement)
        about = f" ({claim.reading})" if claim.reading else f" of {claim.about}" if claim.about else ""
        cells = [
            verdict_text(judgement.verdict),
            Text(f"“{claim.words}”{about}"),
            Text("–" if seeds is None else str(seeds)),
        ]
        return [*cells, Text(claim.place, "dim")] if self._wide else cells


def fewest_seeds(judgement: Judgement) -> int | None:
    """The trainings of the network that has the fewest; None where no network is looked at."""
    return min((finding.n for finding in judgement.findings if finding.than is None), default=None)
