"""Floating-point operations of an epoch: those of its matrix products, and no others."""

from __future__ import annotations

from itertools import pairwise

from mnist_lab.data.dataset import CLASSES, PIXELS, SIDE
from mnist_lab.experiments.experiment import Experiment

HOW_COUNTED = (
    "The FLOP of an epoch are those of the matrix products in training: the forward pass, and the gradients with "
    "respect to weights and inputs (not to the pixels), one multiplication and one addition each; activations, Adam "
    "and validation are not counted."
)


def of_epoch(experiment: Experiment, images: int) -> int:
    """FLOP of training on so many images once: 24.5e9 for dense 128 on MNIST."""
    forward = _forward(experiment)
    return images * (3 * sum(forward) - forward[0])


def _forward(experiment: Experiment) -> list[int]:
    """FLOP of each layer with a kernel, in the forward pass of one image."""
    layers = []
    inputs = PIXELS
    if experiment.network == "conv":
        channels, side = (1, *experiment.filters), SIDE
        for before, after in pairwise(channels):
            side -= 2  # 3×3 without padding
            layers.append(2 * side * side * after * 9 * before)
            side //= 2
        inputs = channels[-1] * side * side
    sizes = (inputs, *[experiment.units] * experiment.depth, CLASSES)
    return layers + [2 * before * after for before, after in pairwise(sizes)]
