"""Comparison of two trained networks by the test images that each predicts correctly; it does not compare recipes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mnist_lab.data.dataset import UInt8Array


@dataclass(frozen=True)
class Disagreement:
    """The test images for which two networks predict different digits, by their index.

    Attributes:
        images: Number of test images.
        only_first: Images that only the first network predicts correctly.
        only_second: Images that only the second network predicts correctly.
        both_wrong: Images that both predict wrongly, as different digits.
        p: Two-sided p value of McNemar's exact test that both networks have the same accuracy on all images of the
            kind.
    """

    images: int
    only_first: tuple[int, ...]
    only_second: tuple[int, ...]
    both_wrong: tuple[int, ...]
    p: float


def disagreement(labels: UInt8Array, first: UInt8Array, second: UInt8Array) -> Disagreement:
    """Compare the predictions of two networks: McNemar (1947), Psychometrika 12, 153-157, with exact tails.

    Args:
        labels: True digits, shape (images,).
        first: Digits predicted by the first network, shape (images,).
        second: Digits predicted by the second network, shape (images,).

    Raises:
        ValueError: The arrays differ in length.

    Example:
        >>> import numpy as np
        >>> found = disagreement(np.array([1, 2, 3, 4]), np.array([1, 2, 3, 9]), np.array([1, 7, 7, 8]))
        >>> found.only_first, found.only_second, found.both_wrong, found.p
        ((1, 2), (), (3,), 0.5)
    """
    import numpy as np
    from scipy.special import bdtr

    if not len(labels) == len(first) == len(second):
        raise ValueError(f"{len(labels)} labels, but {len(first)} and {len(second)} predictions")
    differ = first != second

    def indices(which: NDArray[np.bool_]) -> tuple[int, ...]:
        return tuple(np.flatnonzero(which).tolist())

    only_first, only_second = indices(differ & (first == labels)), indices(differ & (second == labels))
    both_wrong = indices(differ & (first != labels) & (second != labels))
    discordant, fewer = len(only_first) + len(only_second), min(len(only_first), len(only_second))
    p = min(1.0, 2 * float(bdtr(fewer, discordant, 0.5)))
    return Disagreement(len(labels), only_first, only_second, both_wrong, p)


def sentences(found: Disagreement, first: str, second: str) -> str:
    """The comparison of two networks with these names as sentences."""
    one, other = len(found.only_first), len(found.only_second)
    counts = (
        f"Of {found.images:,} images {first} alone predicts {one} correctly, {second} alone {other}; both are wrong "
        f"in different ways on {len(found.both_wrong)}."
    )
    if found.p <= 0.05:
        better, worse = (first, second) if one > other else (second, first)
        verdict = (
            f"On images of this kind the trained network {better} is better than {worse} (McNemar, p = {found.p:.2g})."
        )
    else:
        verdict = f"That does not show which of the two trained networks is better (McNemar, p = {found.p:.2g})."
    return (
        f"{counts} {verdict} This compares two networks as they were trained, not their recipes: "
        "the same recipe with another seed gives another network."
    )
