"""Network and optimizer of one compile key as functions over lanes, which JAX compiles per number of lanes.

Importing this module imports Keras; :mod:`mnist_lab.training.jax_engine` sets its backend before.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import keras
import numpy as np

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training import network, optimizer
from mnist_lab.training.device_data import DeviceSplit, eval_batches
from mnist_lab.training.engine import GRADIENT_IMAGES

Array: TypeAlias = Any


class MetricSums(NamedTuple):
    """Sums over the images seen so far, one of each for every lane."""

    loss: Array
    """(lanes, 2): a float32 sum, and its rounding error."""
    correct: Array
    """Correct predictions, int32 (lanes,)."""
    images: Array
    """int32 (lanes,)."""


class LanesState(NamedTuple):
    """All variables that a step changes; the first axis of every array is the lane."""

    weights: list[Array]
    generators: list[Array]
    """States of the dropout layers' random generators."""
    slots: list[Array]
    """The optimizer's variables."""
    sums: MetricSums
    """Of the epoch."""


class JaxProgram:
    """Network and optimizer over lanes; ``compiled`` has the numbers of lanes that are compiled."""

    def __init__(self, experiment: Experiment, subsets: DeviceSplit) -> None:
        self.train, self.val, self.test = subsets
        self.batch_size = experiment.batch_size
        self.model = network.build(experiment, kernels="zeros")
        self.optimizer = optimizer.build(experiment)
        self.optimizer.build(self.model.trainable_variables)
        self.shapes = {name: tuple(variable.shape) for name, variable in network.variables(self.model).items()}
        self.dropouts = len(self.model.non_trainable_variables)
        self.parameters = int(self.model.count_params())
        self.layers = network.describe(self.model)
        self.compiled: set[int] = set()

        self.run_steps = jax.jit(self._steps, donate_argnums=0)
        self.evaluate = jax.jit(self._evaluate)
        self.gradient_norms = jax.jit(self._gradient_norms)

    @property
    def bytes_per_lane(self) -> int:
        """Estimate of the device memory that one lane needs at most."""
        # Gradients and saved weights besides the weights, and all of it twice while lanes are dropped.
        slots = sum(math.prod(variable.shape) for variable in self.optimizer.variables)
        variables = 2 * (3 * self.parameters + slots)
        # Each hidden value and its gradient in training. XLA reports three times as much for convolutions, whose layout
        # it changes.
        outputs = [layer.output.shape[1:] for layer in self.model.layers]
        copies = 6 if any(len(shape) == 3 for shape in outputs) else 2
        images = max(copies * self.batch_size, eval_batches(self.val.size)[1])
        hidden = images * sum(map(math.prod, outputs))
        # This epoch's order and the next, and ten probabilities a test image, as rows and as lanes.
        return int(4 * (variables + hidden + 2 * self.train.size + 20 * self.test.size))

    def _steps(
        self, state: LanesState, images: Array, labels: Array, orders: Array, first: Array, last: Array, learning: Array
    ) -> LanesState:
        """Train on rows ``first`` to ``last - 1`` of orders, (lanes, steps, batch), where ``learning``, (lanes,)."""
        lanes = jax.vmap(partial(self._step, images, labels))

        def step(row: Array, state: LanesState) -> Any:
            return lanes(state, jax.lax.dynamic_index_in_dim(orders, row, axis=1, keepdims=False), learning)

        # The bounds are run-time values, so that calls of any length are one program.
        return jax.lax.fori_loop(first, last, step, state)  # type: ignore[no-any-return]

    def _step(self, images: Array, labels: Array, state: LanesState, indices: Array, learning: Array) -> LanesState:
        """One lane's step on the images of these indices; -1 is none."""
        valid = indices >= 0
        indices = jnp.maximum(indices, 0)
        pixels, targets = _scaled(images[indices]), labels[indices].astype(jnp.int32)

        def mean_loss(weights: list[Array]) -> tuple[Array, tuple[MetricSums, list[Array]]]:
            logits, generators = self.model.stateless_call(weights, state.generators, pixels, training=True)
            sums = _sums(logits, targets, valid)
            return sums.loss / sums.images, (sums, generators)

        gradients, (sums, generators) = jax.grad(mean_loss, has_aux=True)(state.weights)
        weights, slots = self.optimizer.stateless_apply(state.slots, gradients, state.weights)
        new = LanesState(weights, generators, slots, _add(state.sums, sums))
        # After a loss that is not finite the lane does not change any more.
        learning = learning & jnp.isfinite(state.sums.loss[0])
        return jax.tree.map(partial(jnp.where, learning), new, state)  # type: ignore[no-any-return]

    def _gradient_norms(
        self, weights: list[Array], generators: list[Array], images: Array, labels: Array
    ) -> dict[str, Array]:
        """See :meth:`mnist_lab.training.engine.Session.gradient_norms`, for one lane."""
        pixels, targets = _scaled(images[:GRADIENT_IMAGES]), labels[:GRADIENT_IMAGES].astype(jnp.int32)

        def mean_loss(weights: list[Array]) -> Array:
            logits, _ = self.model.stateless_call(weights, generators, pixels, training=False)
            return keras.ops.sparse_categorical_crossentropy(targets, logits, from_logits=True).mean()

        gradients = dict(zip(self.shapes, jax.grad(mean_loss)(weights), strict=True))
        return {
            name.split("/")[0]: jnp.linalg.norm(gradient.ravel())
            for name, gradient in gradients.items()
            if name.endswith("/kernel")
        }

    def _evaluate(
        self, weights: list[Array], generators: list[Array], images: Array, labels: Array
    ) -> tuple[MetricSums, Array]:
        """Metric sums of all images, and their class probabilities, (batches, lanes, batch size, 10)."""
        size = images.shape[0]
        count, width = eval_batches(size)

        def batch(sums: MetricSums, row: Array) -> Any:
            indices = row * width + jnp.arange(width)
            valid = indices < size
            indices = jnp.minimum(indices, size - 1)
            pixels, targets = _scaled(images[indices]), labels[indices].astype(jnp.int32)

            def lane(sums: MetricSums, weights: list[Array], generators: list[Array]) -> tuple[MetricSums, Array]:
                logits, _ = self.model.stateless_call(weights, generators, pixels, training=False)
                return _add(sums, _sums(logits, targets, valid)), jax.nn.softmax(logits)

            return jax.vmap(lane)(sums, weights, generators)

        start = no_sums(weights[0].shape[0])
        return jax.lax.scan(batch, start, jnp.arange(count))  # type: ignore[no-any-return]


def no_sums(lanes: int) -> MetricSums:
    """Sums over no images, as NumPy arrays."""
    return MetricSums(np.zeros((lanes, 2), np.float32), np.zeros(lanes, np.int32), np.zeros(lanes, np.int32))


def _scaled(images: Array) -> Array:
    return images.astype(jnp.float32) / 255.0


def _sums(logits: Array, targets: Array, valid: Array) -> MetricSums:
    """Sums of one lane over the valid images."""
    losses = keras.ops.sparse_categorical_crossentropy(targets, logits, from_logits=True)
    correct = valid & (jnp.argmax(logits, axis=1) == targets)
    return MetricSums(jnp.where(valid, losses, 0).sum(), correct.sum(dtype=jnp.int32), valid.sum(dtype=jnp.int32))


def _add(sums: MetricSums, more: MetricSums) -> MetricSums:
    """Sums of one lane plus those of more images.

    The loss is summed in double-float32, since JAX enables float64 only globally: Knuth, The Art of
    Computer Programming 2, 4.2.2, theorem B.
    """
    high, low = sums.loss
    new = high + more.loss
    back = new - high
    lost = (high - (new - back)) + (more.loss - back)
    return MetricSums(jnp.stack([new, low + lost]), sums.correct + more.correct, sums.images + more.images)
