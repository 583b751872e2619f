"""Random numbers of a training, derived from its seed alone: the same on every backend and with every NumPy version.

NumPy guarantees the raw stream of PCG64 but not that of its distributions, so the distributions are computed here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from mnist_lab.training.engine import BatchOrder, Weights


class _Stream(IntEnum):
    WEIGHTS = 0
    ORDER = 1
    DROPOUT = 2


def weights(shapes: Mapping[str, tuple[int, ...]], seed: int) -> Weights:
    """Initial weights: Glorot-uniform kernels and zero biases, as Keras's defaults, in the order of ``shapes``."""
    return {
        name: _glorot_uniform(shape, _raw(math.prod(shape), seed, _Stream.WEIGHTS, index))
        if len(shape) > 1
        else np.zeros(shape, np.float32)
        for index, (name, shape) in enumerate(shapes.items())
    }


def glorot_limit(shape: tuple[int, ...]) -> float:
    """Bound of Glorot-uniform initial weights, for a kernel whose last two dimensions are inputs and outputs.

    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks, equation 16.
    """
    *field, inputs, outputs = shape
    return math.sqrt(6.0 / (math.prod(field) * (inputs + outputs)))


def order(images: int, batch_size: int, seed: int, epoch: int) -> BatchOrder:
    """Shuffled image indices of an epoch, int32 (steps, batch size); -1 fills up the last row."""
    shape = steps(images, batch_size), min(batch_size, images)
    rows = np.full(math.prod(shape), -1, np.int32)
    rows[:images] = np.argsort(_raw(images, seed, _Stream.ORDER, epoch))
    return rows.reshape(shape)


def steps(images: int, batch_size: int) -> int:
    """Number of steps in an epoch, including a smaller last one."""
    return math.ceil(images / batch_size)


def dropout_seed(seed: int, layer: int) -> int:
    """31-bit seed of one dropout layer, counted from 0."""
    return int(_raw(1, seed, _Stream.DROPOUT, layer)[0] >> np.uint64(33))


def _glorot_uniform(shape: tuple[int, ...], raw: NDArray[np.uint64]) -> NDArray[np.float32]:
    uniform = (raw >> np.uint64(11)) * 2.0**-53
    return ((2.0 * uniform - 1.0) * glorot_limit(shape)).astype(np.float32).reshape(shape)


def _raw(count: int, seed: int, *key: int) -> NDArray[np.uint64]:
    return np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)).random_raw(count)
