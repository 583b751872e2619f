"""Two runs as trained networks: what one has right and the other wrong. It says nothing of their recipes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mnist_lab.data.dataset import UInt8Array


@dataclass(frozen=True)
class Disagreement:
    """Where two networks differ on the same test images, by the images' numbers from 0.

    Attributes:
        images: How many images both were asked.
        only_first: Those that only the first has right.
        only_second: Those that only the second has right.
        both_wrong: Those that both have wrong, with different digits.
        p: McNemar's exact test: how likely so uneven a split of the images that one of them has right is, or a more
            uneven one, if both were as good on all images of the kind.
    """

    images: int
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]
    both_wrong: tuple[int, ...]
    p: float


def disagreement(labels: UInt8Array, first: UInt8Array, second: UInt8Array) -> Disagreement:
    """Compare what two networks said.

    Args:
        labels: The true digits, (images,).
        first: What the first network took each for, (images,).
        second: What the second did, (images,).

    Raises:
        ValueError: The arrays differ in length.
    """
    import numpy as np
    from scipy.special import bdtr

    if not len(labels) == len(first) == len(second):
        raise ValueError(f"{len(labels)} labels, but {len(first)} and {len(second)} answers")
    differ = first != second

    def numbers(which: NDArray[np.bool_]) -> tuple[int, ...]:
        return tuple(np.flatnonzero(which).tolist())

    only_first, only_second = numbers(differ & (first == labels)), numbers(differ & (second == labels))
    both_wrong = numbers(differ & (first != labels) & (second != labels))
    told, fewer = len(only_first) + len(only_second), min(len(only_first), len(only_second))
    p = min(1.0, 2 * float(bdtr(fewer, told, 0.5)))  # McNemar (1947), Psychometrika 12, 153-157, with exact tails
    return Disagreement(len(labels), only_first, only_second, both_wrong, p)


def sentences(found: Disagreement, first: str, second: str) -> str:
    """The comparison in words.

    Args:
        found: It.
        first: What the first network is called.
        second: What the second is called.
    """
    one, other = len(found.only_first), len(found.only_second)
    told = (
        f"Of {found.images:,} images {first} alone has {one} right, {second} alone {other}; "
        f"both are wrong in different ways on {len(found.both_wrong)}."
    )
    if found.p <= 0.05:
        better, than = (first, second) if one > other else (second, first)
        verdict = (
            f"On images of this kind the trained network {better} is better than {than} (McNemar, p = {found.p:.2g})."
        )
    else:
        verdict = f"That does not tell which of the two trained networks is better (McNemar, p = {found.p:.2g})."
    return (
        f"{told} {verdict} This compares two networks as they were trained, not their recipes: "
        "the same recipe with another seed gives another network."
    )
