from __future__ import annotations

import numpy as np
import pytest

from mnist_lab.data.splits import Split
from mnist_lab.training.device_data import DeviceData, eval_batches
from tests.training.conftest import MakeSplit


def test_the_same_images_are_copied_to_the_device_once(make_split: MakeSplit) -> None:
    put: list[np.ndarray] = []

    def onto_device(array: np.ndarray) -> np.ndarray:
        put.append(array.copy())
        return put[-1]

    data, split = DeviceData(onto_device), make_split(60, 50)
    train, val, test = data.subsets(split)
    assert val is test
    assert len(put) == 4
    np.testing.assert_array_equal(train.images, split.x_train)
    copies = Split(*(np.array(array) for array in vars(split).values()))
    again = data.subsets(copies)
    assert len(put) == 4
    assert again[0].images is train.images
    assert again[0].digest == train.digest != val.digest


def test_labels_of_other_images_make_another_subset(make_split: MakeSplit) -> None:
    data, split = DeviceData(np.array), make_split(60, 50)
    shifted = Split(split.x_train, (split.y_train + 1) % 10, *list(vars(split).values())[2:])
    assert data.subsets(split)[0].digest != data.subsets(shifted)[0].digest


@pytest.mark.parametrize("images", [1, 249, 250, 251, 1000, 10_000])
def test_batches_hold_every_image_and_little_padding(images: int) -> None:
    count, width = eval_batches(images)
    assert width <= 250
    assert images <= count * width < images + count
