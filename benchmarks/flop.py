"""How much arithmetic an epoch is: the products of matrices in it, and nothing else."""

from __future__ import annotations

from itertools import pairwise

from mnist_lab.data.dataset import CLASSES, PIXELS, SIDE
from mnist_lab.experiments.experiment import Experiment

HOW_COUNTED = (
    "FLOP of an epoch are those of the matrix products in training: forward, and the gradients by weights and by "
    "inputs (none by the pixels), a multiplication and an addition each; activations, Adam and validation add nothing."
)


def of_epoch(experiment: Experiment, images: int) -> int:
    """Floating-point operations of training on so many images once: 24.5 thousand million for dense 128 on MNIST."""
    forward = _forward(experiment)
    return images * (3 * sum(forward) - forward[0])


def _forward(experiment: Experiment) -> list[int]:
    """Of each layer with a kernel, for one image on its way forward."""
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
