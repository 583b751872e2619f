"""What choosing the epoch on the test images adds, recipe by recipe."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mnist_lab.analysis.statistics.metrics import POINTS
from mnist_lab.analysis.statistics.optimism import ArmOptimism, sentence
from mnist_lab.render.listing import Column, Listing
from mnist_lab.render.study_table import signed, span

_HEAD = (
    "Test accuracy at the epoch that the test images would have chosen, minus at the one that the held-out images "
    "chose, in points."
)


def optimism_table(found: Sequence[ArmOptimism]) -> RenderableType:
    """A row a recipe, and each in words below."""
    means = ["" if one.summary.mean is None else signed(one.summary.mean, POINTS) for one in found]
    columns = [
        Column("arm", [one.arm.name for one in found]),
        Column("n", [str(one.arm.n) for one in found], right=True),
        Column("optimism", means, right=True),
        Column("95 % interval", [span(one.summary.interval, POINTS, sign=True) for one in found]),
    ]
    listing = Listing(columns, ("arm", "optimism", "n"), "--json has them all")
    return Group(Text(_HEAD), listing, *(Text(sentence(one)) for one in found))
