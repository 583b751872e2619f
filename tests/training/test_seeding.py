from __future__ import annotations

import keras
import numpy as np
import pytest

from mnist_lab.training import seeding

SHAPES = [(784, 128), (128, 10), (3, 3, 1, 32), (3, 3, 32, 64), (1, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_kernels_have_the_limits_of_keras(shape: tuple[int, ...]) -> None:
    kernel = seeding.weights({"kernel": shape}, seed=3)["kernel"]
    limit = seeding.glorot_limit(shape)
    theirs = np.concatenate(
        [np.asarray(keras.initializers.GlorotUniform(seed=seed)(shape)).ravel() for seed in range(20)]
    )
    assert kernel.dtype == np.float32
    assert np.abs(kernel).max() <= np.float32(limit)
    assert np.abs(theirs).max() <= limit * (1 + 1e-6)
    if kernel.size > 100:
        assert np.abs(kernel).max() > 0.95 * limit
        assert np.abs(theirs).max() > 0.95 * limit
        assert abs(kernel.mean()) < 0.2 * limit
        assert kernel.std() == pytest.approx(limit / np.sqrt(3), rel=0.1)


def test_biases_are_zero() -> None:
    bias = seeding.weights({"bias": (7,)}, seed=1)["bias"]
    assert bias.dtype == np.float32
    assert not bias.any()


def test_weights_depend_on_the_seed_and_on_the_layer() -> None:
    shapes = {"one/kernel": (20, 20), "two/kernel": (20, 20)}
    weights, again, other = (seeding.weights(shapes, seed) for seed in (5, 5, 6))
    assert list(weights) == list(shapes)
    for name in shapes:
        np.testing.assert_array_equal(weights[name], again[name])
        assert (weights[name] != other[name]).mean() > 0.99
    assert (weights["one/kernel"] != weights["two/kernel"]).mean() > 0.99


def test_weights_of_a_seed_are_these() -> None:
    drawn = [0.159539595246315, 1.0665889978408813, -0.049297090619802475, 0.6634038686752319]
    assert seeding.weights({"kernel": (2, 2)}, seed=0)["kernel"].ravel().tolist() == drawn


def test_the_order_of_a_seed_is_this() -> None:
    assert seeding.order(8, 4, seed=0, epoch=1).tolist() == [[3, 7, 0, 2], [4, 1, 6, 5]]


@pytest.mark.parametrize(("images", "batch"), [(1000, 128), (1024, 128), (60_000, 128), (5, 128), (7, 1)])
def test_an_epoch_has_every_image_once(images: int, batch: int) -> None:
    order = seeding.order(images, batch, seed=2, epoch=1)
    assert order.dtype == np.int32
    assert len(order) == seeding.steps(images, batch)
    flat = order.ravel()
    np.testing.assert_array_equal(np.sort(flat[:images]), np.arange(images))
    assert (flat[images:] == -1).all()
    assert len(flat) - images < order.shape[1]


def test_orders_depend_on_seed_and_epoch_alone() -> None:
    orders = {(seed, epoch): seeding.order(500, 50, seed, epoch) for seed in (0, 1) for epoch in (1, 2)}
    assert len({order.tobytes() for order in orders.values()}) == 4
    np.testing.assert_array_equal(orders[1, 2], seeding.order(500, 50, 1, 2))
    np.testing.assert_array_equal(orders[1, 2].ravel(), seeding.order(500, 125, 1, 2).ravel())


def test_dropout_seeds_differ() -> None:
    seeds = [seeding.dropout_seed(seed, layer) for seed in (0, 1, 2**32 - 1) for layer in range(8)]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
