"""Everything random in a training, drawn from its seed alone: the same in every backend, process and NumPy.

NumPy promises the raw stream of PCG64 for good, but not what its distributions make of it; so they are made here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from mnist_lab.training.engine import Order, Weights


class _Stream(IntEnum):
    WEIGHTS = 0
    ORDER = 1
    DROPOUT = 2


def weights(shapes: Mapping[str, tuple[int, ...]], seed: int) -> Weights:
    """Glorot-uniform kernels and zero biases, as Keras's layers begin with, by name in the order of ``shapes``."""
    return {
        name: _glorot_uniform(shape, _raw(math.prod(shape), seed, _Stream.WEIGHTS, index))
        if len(shape) > 1
        else np.zeros(shape, np.float32)
        for index, (name, shape) in enumerate(shapes.items())
    }


def glorot_limit(shape: tuple[int, ...]) -> float:
    """The largest initial weight of a kernel whose last two dimensions are inputs and outputs."""
    *field, inputs, outputs = shape
    return math.sqrt(6.0 / (math.prod(field) * (inputs + outputs)))


def order(images: int, batch_size: int, seed: int, epoch: int) -> Order:
    """The order of an epoch's images, int32 (steps, batch); -1 fills up the last row."""
    shape = steps(images, batch_size), min(batch_size, images)
    rows = np.full(math.prod(shape), -1, np.int32)
    rows[:images] = np.argsort(_raw(images, seed, _Stream.ORDER, epoch))
    return rows.reshape(shape)


def steps(images: int, batch_size: int) -> int:
    """Steps in an epoch, the short last one included."""
    return math.ceil(images / batch_size)


def dropout_seed(seed: int, layer: int) -> int:
    """A 31-bit seed for the masks of one dropout layer, counted from 0."""
    return int(_raw(1, seed, _Stream.DROPOUT, layer)[0] >> np.uint64(33))


def _glorot_uniform(shape: tuple[int, ...], raw: NDArray[np.uint64]) -> NDArray[np.float32]:
    uniform = (raw >> np.uint64(11)) * 2.0**-53
    return ((2.0 * uniform - 1.0) * glorot_limit(shape)).astype(np.float32).reshape(shape)


def _raw(count: int, seed: int, *key: int) -> NDArray[np.uint64]:
    return np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)).random_raw(count)
