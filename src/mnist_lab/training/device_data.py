"""Images and labels on the device, each array stored once however many runs use it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from mnist_lab.data.splits import Split

_EVAL_BATCH_SIZE = 250
"""Images per evaluation batch: few enough for a processor's cache, enough for its threads."""


@dataclass(frozen=True)
class DeviceSubset:
    """One subset on the device: images uint8 (n, 28, 28) and labels uint8 (n,), as arrays of the backend."""

    images: Any
    labels: Any
    digest: str
    """SHA-256 of images and labels."""

    @property
    def size(self) -> int:
        return int(self.images.shape[0])


DeviceSplit = tuple[DeviceSubset, DeviceSubset, DeviceSubset]
"""Training, validation and test subset."""


def eval_batches(images: int) -> tuple[int, int]:
    """Number of evaluation batches for so many images, and the number of images in each."""
    count = math.ceil(images / _EVAL_BATCH_SIZE)
    return count, math.ceil(images / count)


class DeviceData:
    """Copies splits to a device.

    Args:
        put: Makes the backend's array from a uint8 array.
    """

    def __init__(self, put: Callable[[NDArray[np.uint8]], Any]) -> None:
        self._put = put
        self._splits: WeakKeyDictionary[Split, DeviceSplit] = WeakKeyDictionary()
        self._arrays: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def subsets(self, split: Split) -> DeviceSplit:
        """The three subsets of a split; validation and test are one object where they are the same images."""
        subsets = self._splits.get(split)
        if subsets is None:
            train, val = self._subset(split.x_train, split.y_train), self._subset(split.x_val, split.y_val)
            test = val if split.x_test is split.x_val else self._subset(split.x_test, split.y_test)
            subsets = self._splits[split] = (train, val, test)
        return subsets

    def _subset(self, images: NDArray[np.uint8], labels: NDArray[Any]) -> DeviceSubset:
        arrays, digests = [], []
        for array in (images, labels.astype(np.uint8)):
            array = np.ascontiguousarray(array)
            digest = hashlib.sha256(array.data).hexdigest()
            # By content, since another run may have the same images in other arrays.
            stored = self._arrays.get(digest)
            if stored is None:
                stored = self._arrays[digest] = self._put(array)
            arrays.append(stored)
            digests.append(digest)
        return DeviceSubset(arrays[0], arrays[1], " ".join(digests))
