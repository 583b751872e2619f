"""What choosing the epoch on the test images adds, recipe by recipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mnist_lab.analysis.statistics.optimism import ArmOptimism, sentence
from mnist_lab.formatting import PERCENT
from mnist_lab.render.listing import Column, Listing

_HEAD = (
    "Test accuracy at the epoch that the test images would have chosen, minus at the one that the held-out images "
    "chose, in points."
)


def optimism_table(found: Sequence[ArmOptimism]) -> RenderableType:
    """A row a recipe, and each in words below."""
    columns = [
        Column("arm", [one.arm.name for one in found]),
        Column("n", [str(one.arm.n) for one in found], right=True),
        Column("optimism", [PERCENT.signed(one.summary.mean) for one in found], right=True),
        Column("95 % interval", [PERCENT.signed_interval(one.summary.interval) for one in found]),
    ]
    listing = Listing(columns, ("arm", "optimism", "n"), "--json has them all")
    return Group(Text(_HEAD), listing, *(Text(sentence(one)) for one in found))
