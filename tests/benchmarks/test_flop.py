"""The FLOP of an epoch, versus a count from the shapes of the real network."""

from __future__ import annotations

import math

import pytest

from benchmarks.parts import flop
from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.training import network


def test_an_epoch_of_the_reference_network_is_24_and_a_half_gflop() -> None:
    assert flop.of_epoch(DEFAULT, 60_000) / 1e9 == pytest.approx(24.5, abs=0.05)


@pytest.mark.parametrize(
    "experiment",
    [DEFAULT.derive(depth=3, units=64), DEFAULT.derive(network="conv"), DEFAULT.derive(network="conv", filters="8")],
)
def test_products_are_those_of_the_kernels_at_every_position(experiment: Experiment) -> None:
    forward = [
        2 * math.prod(layer.kernel.shape) * math.prod(layer.output.shape[1:-1])
        for layer in network.build(experiment).layers
        if layer.trainable_weights
    ]
    assert flop.of_epoch(experiment, 10) == 10 * (3 * sum(forward) - forward[0])
