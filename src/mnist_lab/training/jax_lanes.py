"""Networks side by side on one device, and one of them as a session of its own."""

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
from mnist_lab.training.engine import Order, Part, Weights
from mnist_lab.training.jax_program import Array, JaxProgram, State, Sums, no_sums


class JaxLanes:
    """See :class:`mnist_lab.training.engine.Lanes`."""

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
        self._look_at("val")
        self._look_at("test")
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

    def running(self) -> list[tuple[float, float]]:
        return _means(self._state.sums)

    def evaluate(self, part: Part) -> list[tuple[float, float]]:
        return _means(self._look_at(part)[0])

    def predict(self, part: Part, lanes: Sequence[int]) -> list[NDArray[np.float32]]:
        _, probabilities = self._look_at(part)
        size = getattr(self._program, part).size
        return [np.asarray(_lane(probabilities, lane, axis=1)).reshape(-1, 10)[:size] for lane in lanes]

    def get_weights(self, lane: int) -> Weights:
        arrays = (np.asarray(array) for array in _lane(self._state.weights, lane))
        return dict(zip(self._program.shapes, arrays, strict=True))

    def gradient_norms(self, lane: int) -> dict[str, float]:
        """Of one lane what :meth:`mnist_lab.training.engine.Session.gradient_norms` tells."""
        program, state = self._program, self._state
        weights, generators = _lane((state.weights, state.generators), lane)
        norms = program.gradient_norms(weights, generators, program.train.images, program.train.labels)
        return {layer: float(norms[layer]) for layer in dict.fromkeys(name.split("/")[0] for name in program.shapes)}

    def set_weights(self, weights: Sequence[Weights]) -> None:
        """Put these weights, one of each lane, in the place of those it has."""
        self._state = self._state._replace(weights=_stacked(self._program, weights))

    def keep(self, lanes: Sequence[int]) -> None:
        self._kept = self._chosen(lanes, self._state.weights, self._kept or self._state.weights)

    def restore(self, lanes: Sequence[int]) -> None:
        self._state = self._state._replace(weights=self._chosen(lanes, self._kept, self._state.weights))

    def take(self, lanes: Sequence[int]) -> None:
        self._state, self._kept = _taken((self._state, self._kept), np.array(lanes))

    def _chosen(self, lanes: Sequence[int], these: Any, others: Any) -> list[Array]:
        """Some lanes of these weights, and the rest of the others."""
        return _where(np.isin(np.arange(self.width), lanes), these, others)  # type: ignore[no-any-return]

    def _look_at(self, part: Part) -> tuple[Sums, Array]:
        data = getattr(self._program, part)
        return self._program.examine(  # type: ignore[no-any-return]
            self._state.weights, self._state.generators, data.images, data.labels
        )


class JaxSession:
    """One lane as a :class:`mnist_lab.training.engine.Session`: a run by itself is a group of one."""

    def __init__(self, program: JaxProgram, experiment: Experiment) -> None:
        self.parameters = program.parameters
        self.layers = program.layers
        self._program = program
        self.reset(experiment)

    @property
    def model(self) -> Any:
        """There is none that could be given away.

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

    def train_steps(self, order: Order, first: int, last: int) -> None:
        if first == 0:  # and from then on the order is on the device
            self._lanes.begin_epoch(order[None])
        self._lanes.train_steps(first, last, np.ones(1, bool))

    def running(self) -> tuple[float, float]:
        return self._lanes.running()[0]

    def evaluate(self, part: Part) -> tuple[float, float]:
        return self._lanes.evaluate(part)[0]

    def predict(self, part: Part) -> NDArray[np.float32]:
        return self._lanes.predict(part, [0])[0]

    def gradient_norms(self) -> dict[str, float]:
        return self._lanes.gradient_norms(0)

    def get_weights(self) -> Weights:
        return self._lanes.get_weights(0)

    def set_weights(self, weights: Weights) -> None:
        self._lanes.set_weights([weights])


def _start(program: JaxProgram, experiments: Sequence[Experiment]) -> State:
    """The lanes as their seeds and learning rates have them."""
    lanes = len(experiments)
    seeds = [
        np.array([[seeding.dropout_seed(experiment.seed, number), 0] for experiment in experiments], np.uint32)
        for number in range(program.dropouts)
    ]
    rates = np.array([experiment.learning_rate for experiment in experiments], np.float32)
    variables = program.optimizer.variables
    slots = _repeated([variable.value for variable in variables], lanes)
    return State(
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


def _means(sums: Sums) -> list[tuple[float, float]]:
    """Mean loss and accuracy of each lane."""
    # A lane that ended has seen no image of this epoch.
    images = np.maximum(sums.images, 1)
    high, low = np.asarray(sums.loss, np.float64).T
    # What rounding took from an infinity is no number.
    losses = np.where(np.isfinite(high), high + low, high) / images
    return list(zip(losses.tolist(), (np.asarray(sums.right) / images).tolist(), strict=True))


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
