"""One shape's network and optimizer as functions over lanes, which JAX compiles once for each number of lanes.

Importing this module imports Keras; :mod:`mnist_lab.training.jax_engine` sees to its backend.
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
from mnist_lab.training.device_data import Parts, rows
from mnist_lab.training.engine import GRADIENT_IMAGES

Array: TypeAlias = Any


class Sums(NamedTuple):
    """Figures of the images seen so far, one of each for every lane."""

    loss: Array
    """(lanes, 2): a float32, and what rounding has taken from it."""
    right: Array
    """Right answers, int32 (lanes,)."""
    images: Array
    """int32 (lanes,)."""


class State(NamedTuple):
    """All that a step changes; every array has the lanes in front."""

    weights: list[Array]
    generators: list[Array]
    """States of the dropout layers' random generators."""
    slots: list[Array]
    """The optimizer's variables."""
    sums: Sums
    """Of the epoch."""


class JaxProgram:
    """See the module; ``compiled`` holds the numbers of lanes that need no compiling any more."""

    def __init__(self, experiment: Experiment, parts: Parts) -> None:
        self.train, self.val, self.test = parts
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
        self.examine = jax.jit(self._examine)
        self.gradient_norms = jax.jit(self._gradient_norms)

    @property
    def bytes_per_lane(self) -> int:
        """Device memory that one lane needs at most, by its variables, its hidden layers and its orders."""
        # Gradients and kept weights beside the weights, and all of it twice while lanes are taken out.
        slots = sum(math.prod(variable.shape) for variable in self.optimizer.variables)
        variables = 2 * (3 * self.parameters + slots)
        # Each hidden value and its gradient in training. XLA's own account has three times as much for convolutions,
        # which it lays out anew.
        outputs = [layer.output.shape[1:] for layer in self.model.layers]
        copies = 6 if any(len(shape) == 3 for shape in outputs) else 2
        images = max(copies * self.batch_size, rows(self.val.size)[1])
        hidden = images * sum(map(math.prod, outputs))
        # This epoch's order and the next, and ten probabilities a test image, as rows and as lanes.
        return int(4 * (variables + hidden + 2 * self.train.size + 20 * self.test.size))

    def _steps(
        self, state: State, images: Array, labels: Array, orders: Array, first: Array, last: Array, learning: Array
    ) -> State:
        """Train on rows ``first`` to ``last - 1`` of orders, (lanes, steps, batch), where ``learning``, (lanes,)."""
        lanes = jax.vmap(partial(self._step, images, labels))

        def step(row: Array, state: State) -> Any:
            return lanes(state, jax.lax.dynamic_index_in_dim(orders, row, axis=1, keepdims=False), learning)

        # The bounds are run-time values: another length of call is no other program.
        return jax.lax.fori_loop(first, last, step, state)  # type: ignore[no-any-return]

    def _step(self, images: Array, labels: Array, state: State, numbers: Array, learning: Array) -> State:
        """One lane's step on the images of these numbers; -1 is none."""
        there = numbers >= 0
        numbers = jnp.maximum(numbers, 0)
        pixels, answers = _scaled(images[numbers]), labels[numbers].astype(jnp.int32)

        def mean_loss(weights: list[Array]) -> tuple[Array, tuple[Sums, list[Array]]]:
            logits, generators = self.model.stateless_call(weights, state.generators, pixels, training=True)
            sums = _sums(logits, answers, there)
            return sums.loss / sums.images, (sums, generators)

        gradients, (sums, generators) = jax.grad(mean_loss, has_aux=True)(state.weights)
        weights, slots = self.optimizer.stateless_apply(state.slots, gradients, state.weights)
        new = State(weights, generators, slots, _add(state.sums, sums))
        # A loss that is not finite is the last one.
        learning = learning & jnp.isfinite(state.sums.loss[0])
        return jax.tree.map(partial(jnp.where, learning), new, state)  # type: ignore[no-any-return]

    def _gradient_norms(
        self, weights: list[Array], generators: list[Array], images: Array, labels: Array
    ) -> dict[str, Array]:
        """Of one lane, see :meth:`mnist_lab.training.engine.Session.gradient_norms`."""
        pixels, answers = _scaled(images[:GRADIENT_IMAGES]), labels[:GRADIENT_IMAGES].astype(jnp.int32)

        def mean_loss(weights: list[Array]) -> Array:
            logits, _ = self.model.stateless_call(weights, generators, pixels, training=False)
            return keras.ops.sparse_categorical_crossentropy(answers, logits, from_logits=True).mean()

        gradients = dict(zip(self.shapes, jax.grad(mean_loss)(weights), strict=True))
        return {
            name.split("/")[0]: jnp.linalg.norm(gradient.ravel())
            for name, gradient in gradients.items()
            if name.endswith("/kernel")
        }

    def _examine(
        self, weights: list[Array], generators: list[Array], images: Array, labels: Array
    ) -> tuple[Sums, Array]:
        """Figures of all these images, and what is said of them: (rows, lanes, width, 10)."""
        size = images.shape[0]
        count, width = rows(size)

        def examine(sums: Sums, row: Array) -> Any:
            numbers = row * width + jnp.arange(width)
            there = numbers < size
            numbers = jnp.minimum(numbers, size - 1)
            pixels, answers = _scaled(images[numbers]), labels[numbers].astype(jnp.int32)

            def look(sums: Sums, weights: list[Array], generators: list[Array]) -> tuple[Sums, Array]:
                logits, _ = self.model.stateless_call(weights, generators, pixels, training=False)
                return _add(sums, _sums(logits, answers, there)), jax.nn.softmax(logits)

            return jax.vmap(look)(sums, weights, generators)

        start = no_sums(weights[0].shape[0])
        return jax.lax.scan(examine, start, jnp.arange(count))  # type: ignore[no-any-return]


def no_sums(lanes: int) -> Sums:
    """Those of no image, as NumPy's arrays."""
    return Sums(np.zeros((lanes, 2), np.float32), np.zeros(lanes, np.int32), np.zeros(lanes, np.int32))


def _scaled(images: Array) -> Array:
    return images.astype(jnp.float32) / 255.0


def _sums(logits: Array, answers: Array, there: Array) -> Sums:
    """One lane's, of the images that are there."""
    losses = keras.ops.sparse_categorical_crossentropy(answers, logits, from_logits=True)
    right = there & (jnp.argmax(logits, axis=1) == answers)
    return Sums(jnp.where(there, losses, 0).sum(), right.sum(dtype=jnp.int32), there.sum(dtype=jnp.int32))


def _add(sums: Sums, more: Sums) -> Sums:
    """One lane's sums and those of more images.

    The loss is summed in twice float32's digits, since JAX has float64 everywhere or nowhere: Knuth, The Art of
    Computer Programming 2, 4.2.2, theorem B.
    """
    high, low = sums.loss
    new = high + more.loss
    back = new - high
    lost = (high - (new - back)) + (more.loss - back)
    return Sums(jnp.stack([new, low + lost]), sums.right + more.right, sums.images + more.images)
