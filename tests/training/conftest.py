from __future__ import annotations

from collections.abc import Callable

import pytest

import mnist_lab.training.tensorflow_engine  # noqa: F401 - tells TensorFlow what to be before any test imports Keras
from mnist_lab.data import dataset
from mnist_lab.data.dataset import Digits
from mnist_lab.data.splits import Split
from mnist_lab.training.engine import Engine
from mnist_lab.training.loading import load_engine

MakeSplit = Callable[[int, int], Split]


@pytest.fixture(scope="session")
def engine() -> Engine:
    return load_engine()


@pytest.fixture(scope="session")
def digits() -> Digits:
    return dataset.load()


@pytest.fixture(scope="session")
def make_split(digits: Digits) -> MakeSplit:
    """Splits of real MNIST by number of training images and of validation images, which are also the test images."""

    def make(train: int, val: int) -> Split:
        images, labels = digits.x_test[:val], digits.y_test[:val]
        return Split(digits.x_train[:train], digits.y_train[:train], images, labels, images, labels)

    return make


@pytest.fixture(scope="session")
def small(make_split: MakeSplit) -> Split:
    """8 steps of 128 an epoch, the last of them short."""
    return make_split(1000, 300)
