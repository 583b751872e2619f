"""Claims as rows of a grid: verdict, words, number of seeds, and position in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text

from mnist_lab.report.ledger import Judgement
from mnist_lab.report.ledger.table import SYMBOLS, verdict_text
from mnist_lab.tui.widgets.grid import GridColumn

_VERDICT = max(map(len, SYMBOLS)) + 2
_SEEDS = 5
_PASSAGE = 43
_BETWEEN = 2
"""Cells between columns."""
_BAR = 1
"""Cells of the scroll bar."""
_WIDE = 130


class ClaimRows:
    """The columns and rows of some judgements in a grid of ``width`` cells."""

    def __init__(self, judgements: Sequence[Judgement], width: int) -> None:
        self._judgements: Mapping[str, Judgement] = {judgement.claim.id: judgement for judgement in judgements}
        self._wide = width >= _WIDE
        others = [_VERDICT, _SEEDS, _PASSAGE] if self._wide else [_VERDICT, _SEEDS]
        self._words = max(20, width - _BAR - _BETWEEN - sum(one + _BETWEEN for one in others))

    @property
    def keys(self) -> list[str]:
        """The ids of the claims, in the order of the report."""
        return list(self._judgements)

    def columns(self) -> list[GridColumn]:
        """The columns; the passage only in a wide grid."""
        columns = [
            GridColumn("verdict", "verdict", _VERDICT),
            GridColumn("claim", "claim", self._words),
            GridColumn("seeds", "seeds", _SEEDS, right=True),
        ]
        return [*columns, GridColumn("passage", "in the report", _PASSAGE)] if self._wide else columns

    def cells(self, claim_id: str) -> list[Text]:
        """The cells of a claim under :meth:`columns`."""
        judgement = self._judgements[claim_id]
        claim, seeds = judgement.claim, fewest_seeds(judgement)
        about = f" ({claim.reading})" if claim.reading else f" of {claim.network_label}" if claim.network_label else ""
        cells = [
            verdict_text(judgement.verdict),
            Text(f"“{claim.text}”{about}"),
            Text("–" if seeds is None else str(seeds)),
        ]
        return [*cells, Text(claim.location, "dim")] if self._wide else cells


def fewest_seeds(judgement: Judgement) -> int | None:
    """Number of trainings of the network that has the fewest; None if the judgement has no network."""
    return min((estimate.n for estimate in judgement.estimates if estimate.than is None), default=None)
