"""Protocols of a training backend: an engine opens sessions, and a session trains one network.

Lanes are several networks of one compile key that are trained in one compiled step, for backends that can do so.

The loop decides what is computed when, a session how. Weights are plain arrays under their Keras names
(``dense_1/kernel``), so that no caller depends on a backend's types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mnist_lab.data.splits import Split
    from mnist_lab.experiments.experiment import Experiment

Subset = Literal["val", "test"]
"""Images that can be evaluated."""
GRADIENT_IMAGES = 1000
"""Number of images for gradient norms, the first ones of the training images: few enough for convolutions."""

Weights: TypeAlias = "dict[str, NDArray[np.float32]]"
"""Kernels and biases by name (``dense_1/kernel``), in the order of the layers."""
BatchOrder: TypeAlias = "NDArray[np.int32]"
"""Image indices of an epoch, int32 (steps, batch size); -1 fills up the last row."""


class Session(Protocol):
    """One network on one split, with its optimizer and compiled steps; reset for each experiment of its compile key."""

    parameters: int
    layers: tuple[str, ...]
    """One line per layer."""

    @property
    def model(self) -> Any:
        """The compiled Keras model, for Keras callbacks.

        Raises:
            EngineError: This engine supports no callbacks.
        """

    @property
    def compiled(self) -> bool:
        """Whether :meth:`compile` has been called in this session's life."""

    def reset(self, experiment: Experiment) -> None:
        """Initialize weights, optimizer and learning rate for an experiment of the session's compile key."""

    def compile(self) -> None:
        """Trace and compile training and evaluation; no variable changes."""

    def train_steps(self, order: BatchOrder, first: int, last: int) -> None:
        """Train on rows ``first`` to ``last - 1`` of an epoch's order, and return when that is done.

        A step whose loss is not finite is the last one of the epoch, however its steps are divided into calls.

        Args:
            order: The epoch's image indices.
            first: Index of the first row; 0 resets the running metrics.
            last: One past the last row.
        """

    def running_metrics(self) -> tuple[float, float]:
        """Mean loss and accuracy of the epoch so far, each batch by the weights it was trained with, as in ``fit``."""

    def evaluate(self, subset: Subset) -> tuple[float, float]:
        """Loss and accuracy of the current weights."""

    def predict(self, subset: Subset) -> NDArray[np.float32]:
        """Class probabilities, (images, 10)."""

    def gradient_norms(self) -> dict[str, float]:
        """Euclidean norm of the gradient of each layer's kernel, first to last.

        The gradient is that of the mean loss of the first :data:`GRADIENT_IMAGES` images, without dropout.
        """

    def get_weights(self) -> Weights:
        """A copy of every kernel and bias."""

    def set_weights(self, weights: Weights) -> None:
        """Set every kernel and bias, to the bit."""


class LanesSession(Protocol):
    """Several networks of one compile key on one split, in one compiled step; lanes are counted from 0."""

    parameters: int
    """Of one network."""
    layers: tuple[str, ...]
    """One line per layer."""

    @property
    def width(self) -> int:
        """Number of lanes, including those that are not trained any more."""

    @property
    def compiled(self) -> bool:
        """Whether :meth:`compile` has been called for this compile key and width."""

    def compile(self) -> None:
        """Trace and compile training and evaluation; no variable changes."""

    def begin_epoch(self, orders: NDArray[np.int32]) -> None:
        """Set the image indices of a new epoch, (lanes, steps, batch), and reset the running metrics."""

    def train_steps(self, first: int, last: int, learning: NDArray[np.bool_]) -> None:
        """Train on rows ``first`` to ``last - 1`` of the epoch's orders, and return when that is done.

        A lane for which ``learning``, (lanes,), is False does not change. A step whose loss is not finite is the lane's
        last one in the epoch, however its steps are divided into calls; the other lanes are not affected.
        """

    def running_metrics(self) -> list[tuple[float, float]]:
        """For each lane the value of :meth:`Session.running_metrics`."""

    def evaluate(self, subset: Subset) -> list[tuple[float, float]]:
        """Loss and accuracy of the current weights of each lane."""

    def predict(self, subset: Subset, lanes: Sequence[int]) -> list[NDArray[np.float32]]:
        """Class probabilities, (images, 10), of some lanes."""

    def get_weights(self, lane: int) -> Weights:
        """A copy of a lane's kernels and biases."""

    def keep(self, lanes: Sequence[int]) -> None:
        """Save the current weights of some lanes on the device, replacing those saved before."""

    def restore(self, lanes: Sequence[int]) -> None:
        """Restore the weights of some lanes that were saved last."""

    def take(self, lanes: Sequence[int]) -> None:
        """Drop all other lanes; these are renumbered in this order."""


class Engine(Protocol):
    """A training backend."""

    name: str

    @property
    def on_gpu(self) -> bool:
        """Whether it computes on a GPU."""

    def open(self, experiment: Experiment, split: Split) -> Session:
        """A session reset for the experiment; a compiled one where its compile key and data were used before."""

    def environment(self) -> dict[str, Any]:
        """Those fields of :class:`mnist_lab.experiments.record.Environment` that the backend knows."""


@runtime_checkable
class LanesEngine(Engine, Protocol):
    """A backend that trains several runs of one compile key at once, see :mod:`mnist_lab.training.compile_key`."""

    def open_lanes(self, experiments: Sequence[Experiment], split: Split) -> LanesSession:
        """A lane for each experiment, initialized."""

    def lanes_that_fit(self, experiment: Experiment, split: Split) -> int:
        """Number of lanes of this compile key worth training at once, by the free memory of the device."""
