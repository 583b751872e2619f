"""A split's images and labels on the device, each array once however many runs bring it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from mnist_lab.data.dataset import Split

_EVALUATED_AT_ONCE = 250
"""Images whose hidden layers are in memory together: few enough for a processor's cache, enough for its threads."""


@dataclass(frozen=True)
class Part:
    """Images uint8 (n, 28, 28) and labels uint8 (n,), as the backend holds them."""

    images: Any
    labels: Any
    content: str
    """Digests of both."""

    @property
    def size(self) -> int:
        return int(self.images.shape[0])


Parts = tuple[Part, Part, Part]
"""To train on, to watch, to test on."""


def rows(images: int) -> tuple[int, int]:
    """Into how many rows images are divided to be evaluated, and how many stand in each."""
    count = math.ceil(images / _EVALUATED_AT_ONCE)
    return count, math.ceil(images / count)


class DeviceData:
    """Puts splits on a device.

    Args:
        put: Makes a backend's array of uint8.
    """

    def __init__(self, put: Callable[[NDArray[np.uint8]], Any]) -> None:
        self._put = put
        self._parts: WeakKeyDictionary[Split, Parts] = WeakKeyDictionary()
        self._arrays: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def parts(self, split: Split) -> Parts:
        """The split's three parts; one that serves to watch and to test is there once."""
        parts = self._parts.get(split)
        if parts is None:
            train, val = self._part(split.x_train, split.y_train), self._part(split.x_val, split.y_val)
            test = val if split.x_test is split.x_val else self._part(split.x_test, split.y_test)
            parts = self._parts[split] = (train, val, test)
        return parts

    def _part(self, images: NDArray[np.uint8], labels: NDArray[Any]) -> Part:
        arrays, digests = [], []
        for array in (images, labels.astype(np.uint8)):
            array = np.ascontiguousarray(array)
            digest = hashlib.sha256(array.data).hexdigest()
            # Known by content, since another run may bring the same images as other arrays.
            there = self._arrays.get(digest)
            if there is None:
                there = self._arrays[digest] = self._put(array)
            arrays.append(there)
            digests.append(digest)
        return Part(arrays[0], arrays[1], " ".join(digests))
