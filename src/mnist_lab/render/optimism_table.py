"""The optimism of each recipe as a table: what choosing the epoch on the test images adds."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mnist_lab.analysis.statistics.optimism import ArmOptimism, sentence
from mnist_lab.formatting import PERCENT
from mnist_lab.render.listing import Listing, ListingColumn

_HEAD = (
    "Test accuracy at the epoch that the test images would have chosen, less that at the epoch that the held-out "
    "images chose, in percentage points."
)


def optimism_table(found: Sequence[ArmOptimism]) -> RenderableType:
    """One row per recipe, and a sentence about each below."""
    columns = [
        ListingColumn("arm", [one.arm.name for one in found]),
        ListingColumn("n", [str(one.arm.n) for one in found], right=True),
        ListingColumn("optimism", [PERCENT.signed(one.summary.mean) for one in found], right=True),
        ListingColumn("95 % interval", [PERCENT.signed_interval(one.summary.interval) for one in found]),
    ]
    listing = Listing(columns, ("arm", "optimism", "n"), "--json has them all")
    return Group(Text(_HEAD), listing, *(Text(sentence(one)) for one in found))
