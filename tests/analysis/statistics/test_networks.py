"""Comparison of two trained networks by the images on which they disagree."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_lab.analysis.statistics.networks import disagreement, sentences

LABELS = np.array([0, 1, 2, 3, 4, 5, 6, 7], np.uint8)


def answers(**wrong: int) -> NDArray[np.uint8]:
    """The right digits but for some images: ``image_3=8``."""
    digits = LABELS.copy()
    for image, digit in wrong.items():
        digits[int(image.removeprefix("image_"))] = digit
    return digits


def test_images_are_grouped_by_the_networks_that_predict_them_correctly() -> None:
    found = disagreement(LABELS, answers(image_1=7, image_2=5, image_6=0), answers(image_2=3, image_6=0, image_7=1))
    assert (found.images, found.only_first, found.only_second, found.both_wrong) == (8, (7,), (1,), (2,))
    assert found.p == 1.0


def test_networks_that_agree_do_not_differ() -> None:
    found = disagreement(LABELS, answers(image_1=7), answers(image_1=7))
    assert (found.only_first, found.only_second, found.both_wrong, found.p) == ((), (), (), 1.0)


def test_predictions_of_other_images_are_refused() -> None:
    with pytest.raises(ValueError, match="8 labels, but 8 and 7"):
        disagreement(LABELS, LABELS, LABELS[:7])


def test_the_sentences_are_about_networks_and_not_about_recipes() -> None:
    labels = np.zeros(10_000, np.uint8)
    first, second = labels.copy(), labels.copy()
    first[:10], second[20:60] = 1, 1
    text = sentences(disagreement(labels, first, second), "relu s0", "gelu s0")
    assert text.startswith("Of 10,000 images relu s0 alone predicts 40 correctly, gelu s0 alone 10; ")
    assert "the trained network relu s0 is better than gelu s0 (McNemar, p = " in text
    assert text.endswith("not their recipes: the same recipe with another seed gives another network.")
    swapped = sentences(disagreement(labels, second, first), "gelu s0", "relu s0")
    assert "the trained network relu s0 is better than gelu s0" in swapped
    even = sentences(disagreement(labels, first, labels), "relu s0", "relu s1")
    assert "relu s1 is better than relu s0" in even
    none = sentences(disagreement(labels, first, first), "relu s0", "relu s1")
    assert "does not show which of the two trained networks is better" in none
