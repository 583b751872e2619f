"""Sessions of the JAX engine: several networks as lanes, and a single one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from mnist_lab.errors import EngineError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training import seeding
from mnist_lab.training.engine import BatchOrder, Subset, Weights
from mnist_lab.training.jax_program import Array, JaxProgram, LanesState, MetricSums, no_sums


class JaxLanes:
    """The :class:`mnist_lab.training.engine.LanesSession` of JAX."""

    def __init__(self, program: JaxProgram, experiments: Sequence[Experiment]) -> None:
        self.parameters = program.parameters
        self.layers = program.layers
        self._program = program
        self._state = _start(program, experiments)
        self._kept: list[Array] | None = None
        self._orders: Array = None

    @property
    def width(self) -> int:
        return int(self._state.sums.images.shape[0])

    @property
    def compiled(self) -> bool:
        return self.width in self._program.compiled

    def compile(self) -> None:
        program = self._program
        order = seeding.order(program.train.size, program.batch_size, seed=0, epoch=1)
        self._orders = jax.device_put(np.broadcast_to(order, (self.width, *order.shape)))
        self.train_steps(0, 0, np.zeros(self.width, bool))
        self._evaluate("val")
        self._evaluate("test")
        program.compiled.add(self.width)

    def begin_epoch(self, orders: NDArray[np.int32]) -> None:
        self._orders = jax.device_put(orders)
        self._state = self._state._replace(sums=jax.device_put(no_sums(self.width)))

    def train_steps(self, first: int, last: int, learning: NDArray[np.bool_]) -> None:
        train = self._program.train
        self._state = self._program.run_steps(
            self._state, train.images, train.labels, self._orders, first, last, jax.device_put(learning)
        )
        self._state.sums.images.block_until_ready()

    def running_metrics(self) -> list[tuple[float, float]]:
        return _means(self._state.sums)

    def evaluate(self, subset: Subset) -> list[tuple[float, float]]:
        return _means(self._evaluate(subset)[0])

    def predict(self, subset: Subset, lanes: Sequence[int]) -> list[NDArray[np.float32]]:
        _, probabilities = self._evaluate(subset)
        size = getattr(self._program, subset).size
        return [np.asarray(_lane(probabilities, lane, axis=1)).reshape(-1, 10)[:size] for lane in lanes]

    def get_weights(self, lane: int) -> Weights:
        arrays = (np.asarray(array) for array in _lane(self._state.weights, lane))
        return dict(zip(self._program.shapes, arrays, strict=True))

    def gradient_norms(self, lane: int) -> dict[str, float]:
        """See :meth:`mnist_lab.training.engine.Session.gradient_norms`, for one lane."""
        program, state = self._program, self._state
        weights, generators = _lane((state.weights, state.generators), lane)
        norms = program.gradient_norms(weights, generators, program.train.images, program.train.labels)
        return {layer: float(norms[layer]) for layer in dict.fromkeys(name.split("/")[0] for name in program.shapes)}

    def set_weights(self, weights: Sequence[Weights]) -> None:
        """Set the weights of all lanes."""
        self._state = self._state._replace(weights=_stacked(self._program, weights))

    def keep(self, lanes: Sequence[int]) -> None:
        self._kept = self._chosen(lanes, self._state.weights, self._kept or self._state.weights)

    def restore(self, lanes: Sequence[int]) -> None:
        self._state = self._state._replace(weights=self._chosen(lanes, self._kept, self._state.weights))

    def take(self, lanes: Sequence[int]) -> None:
        self._state, self._kept = _taken((self._state, self._kept), np.array(lanes))

    def _chosen(self, lanes: Sequence[int], these: Any, others: Any) -> list[Array]:
        """These weights for some lanes, the others for the rest."""
        return _where(np.isin(np.arange(self.width), lanes), these, others)  # type: ignore[no-any-return]

    def _evaluate(self, subset: Subset) -> tuple[MetricSums, Array]:
        data = getattr(self._program, subset)
        return self._program.evaluate(  # type: ignore[no-any-return]
            self._state.weights, self._state.generators, data.images, data.labels
        )


class JaxSession:
    """The :class:`mnist_lab.training.engine.Session` of JAX: a group of one lane."""

    def __init__(self, program: JaxProgram, experiment: Experiment) -> None:
        self.parameters = program.parameters
        self.layers = program.layers
        self._program = program
        self.reset(experiment)

    @property
    def model(self) -> Any:
        """Not available: lanes have no Keras model of their own.

        Raises:
            EngineError: Always.
        """
        raise EngineError("Lanes take no Keras callbacks: train with the TensorFlow backend, or without callbacks.")

    @property
    def compiled(self) -> bool:
        return self._lanes.compiled

    def reset(self, experiment: Experiment) -> None:
        self._lanes = JaxLanes(self._program, [experiment])

    def compile(self) -> None:
        self._lanes.compile()

    def train_steps(self, order: BatchOrder, first: int, last: int) -> None:
        if first == 0:  # from then on the order is on the device
            self._lanes.begin_epoch(order[None])
        self._lanes.train_steps(first, last, np.ones(1, bool))

    def running_metrics(self) -> tuple[float, float]:
        return self._lanes.running_metrics()[0]

    def evaluate(self, subset: Subset) -> tuple[float, float]:
        return self._lanes.evaluate(subset)[0]

    def predict(self, subset: Subset) -> NDArray[np.float32]:
        return self._lanes.predict(subset, [0])[0]

    def gradient_norms(self) -> dict[str, float]:
        return self._lanes.gradient_norms(0)

    def get_weights(self) -> Weights:
        return self._lanes.get_weights(0)

    def set_weights(self, weights: Weights) -> None:
        self._lanes.set_weights([weights])


def _start(program: JaxProgram, experiments: Sequence[Experiment]) -> LanesState:
    """Initial state of the lanes, by their seeds and learning rates."""
    lanes = len(experiments)
    seeds = [
        np.array([[seeding.dropout_seed(experiment.seed, number), 0] for experiment in experiments], np.uint32)
        for number in range(program.dropouts)
    ]
    rates = np.array([experiment.learning_rate for experiment in experiments], np.float32)
    variables = program.optimizer.variables
    slots = _repeated([variable.value for variable in variables], lanes)
    return LanesState(
        weights=_stacked(program, [seeding.weights(program.shapes, experiment.seed) for experiment in experiments]),
        generators=[jax.device_put(seed) for seed in seeds],
        slots=[
            jax.device_put(rates) if variable is program.optimizer.learning_rate else slot
            for variable, slot in zip(variables, slots, strict=True)
        ],
        sums=jax.device_put(no_sums(lanes)),
    )


def _stacked(program: JaxProgram, weights: Sequence[Weights]) -> list[Array]:
    return [jax.device_put(np.stack([lane[name] for lane in weights])) for name in program.shapes]


def _means(sums: MetricSums) -> list[tuple[float, float]]:
    """Mean loss and accuracy of each lane."""
    # A lane that ended has seen no image of this epoch.
    images = np.maximum(sums.images, 1)
    high, low = np.asarray(sums.loss, np.float64).T
    # The rounding error of an infinite sum is NaN.
    losses = np.where(np.isfinite(high), high + low, high) / images
    return list(zip(losses.tolist(), (np.asarray(sums.correct) / images).tolist(), strict=True))


@partial(jax.jit, static_argnames="lanes")
def _repeated(arrays: list[Array], lanes: int) -> list[Array]:
    return [jnp.broadcast_to(array, (lanes, *array.shape)) for array in arrays]


@partial(jax.jit, static_argnames="axis")
def _lane(arrays: Any, lane: int, axis: int = 0) -> Any:
    return jax.tree.map(lambda array: jax.lax.dynamic_index_in_dim(array, lane, axis, keepdims=False), arrays)


@jax.jit  # type: ignore[untyped-decorator]
def _taken(arrays: Any, lanes: Array) -> Any:
    return jax.tree.map(lambda array: array[lanes], arrays)


@jax.jit  # type: ignore[untyped-decorator]
def _where(lanes: Array, these: list[Array], others: list[Array]) -> list[Array]:
    return [jax.vmap(jnp.where)(lanes, one, other) for one, other in zip(these, others, strict=True)]
