"""Training, validation and test images of one run.

MNIST is divided in the order of its file, which its makers shuffled. The training images of other data may be sorted by
digit, so they are divided in a fixed stratified order (:func:`stratified_order`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_lab.data.dataset import CLASSES, PIXELS, Digits, UInt8Array
from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import MNIST_CHECKSUM

EvaluationProtocol: TypeAlias = Literal["report", "holdout"]

_HELD_OUT = 6
"""The holdout protocol holds out one in this many training images for validation."""
_SHUFFLE_SEED = 784
STRATIFIED = f"stratified, seed {_SHUFFLE_SEED}"
"""Name of the order of :func:`stratified_order`, as records have it."""


@dataclass(frozen=True, eq=False)
class Split:
    """Training, validation and test images of one run; shapes and units as in :class:`Digits`."""

    x_train: UInt8Array
    y_train: UInt8Array
    x_val: UInt8Array
    y_val: UInt8Array
    x_test: UInt8Array
    y_test: UInt8Array


def split(
    digits: Digits, protocol: EvaluationProtocol, train_size: int | None = None, permute_pixels: bool = False
) -> Split:
    """Split a data set for one run.

    Args:
        digits: The data set.
        protocol: ``"report"`` trains on all training images and validates on the test images; ``"holdout"`` validates
            on the last sixth of the training images, and uses the test images only at the end.
        train_size: Number of training images, the first ones; None: all.
        permute_pixels: Permute the pixels of every image by :func:`pixel_order`.

    First and last are meant in the order of the file for MNIST, for other data in that of :func:`stratified_order`.

    Raises:
        UsageError: ``train_size`` is below 1 or above the number of training images.
    """
    images = len(digits.x_train)
    available = images if protocol == "report" else images - images // _HELD_OUT
    size = available if train_size is None else train_size
    if not 1 <= size <= available:
        raise UsageError(f"Cannot train on {size} images: the {protocol} protocol has 1 to {available} to choose from.")
    arrange = _permuted if permute_pixels else _unchanged
    x_train, y_train = digits.x_train, digits.y_train
    if order_of(digits.checksum):
        order = stratified_order(y_train)
        x_train, y_train = (_read_only(array[order]) for array in (x_train, y_train))
    x_test, y_test = arrange(digits.x_test), digits.y_test
    if protocol == "report":
        x_val, y_val = x_test, y_test
    else:
        x_val, y_val = arrange(x_train[available:]), y_train[available:]
    return Split(arrange(x_train[:size]), y_train[:size], x_val, y_val, x_test, y_test)


def order_of(checksum: str) -> str:
    """Name of the order in which the training images of a data set are divided; empty: that of the file."""
    return "" if checksum == MNIST_CHECKSUM else STRATIFIED


def stratified_order(labels: NDArray[Any]) -> NDArray[np.intp]:
    """A fixed permutation of images, (n,): the images of each digit are shuffled, and spread evenly over all places.

    So the first and the last images of it have the digits in about the shares in which all images have them.

    Args:
        labels: Digits of the images, (n,).
    """
    # From raw draws, because NumPy guarantees the raw stream of PCG64 but not the result of permutation().
    shuffled = np.argsort(np.random.PCG64(_SHUFFLE_SEED).random_raw(len(labels)), kind="stable")
    position = np.empty(len(labels))
    for digit in range(CLASSES):
        images = shuffled[labels[shuffled] == digit]
        position[images] = (np.arange(len(images)) + 0.5) / max(1, len(images))
    found: NDArray[np.intp] = shuffled[np.argsort(position[shuffled], kind="stable")]
    return found


def pixel_order() -> NDArray[np.intp]:
    """The fixed permutation of pixel positions, (784,): pixel ``i`` of a permuted image is pixel ``order[i]``."""
    # From raw draws, because NumPy guarantees the raw stream of PCG64 but not the result of permutation().
    return np.argsort(np.random.PCG64(_SHUFFLE_SEED).random_raw(PIXELS), kind="stable")


def _read_only(array: UInt8Array) -> UInt8Array:
    array.flags.writeable = False
    return array


def _unchanged(images: UInt8Array) -> UInt8Array:
    return images


def _permuted(images: UInt8Array) -> UInt8Array:
    return _read_only(np.take(images.reshape(-1, PIXELS), pixel_order(), axis=1).reshape(images.shape))
