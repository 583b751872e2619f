"""The contract between the training loop and what computes: an engine opens sessions, a session trains one network.

Lanes are several networks of one shape in one step, for the backends that can.

The loop decides when; a session decides how. Weights travel as plain arrays under their Keras names
(``dense_1/kernel``), so that no caller meets a backend's types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mnist_lab.data.dataset import Split
    from mnist_lab.experiments.experiment import Experiment

Part = Literal["val", "test"]
GRADIENT_IMAGES = 1000
"""The images that gradients are looked at on, the first of those trained on: few enough for convolutions."""

Weights: TypeAlias = "dict[str, NDArray[np.float32]]"
"""Kernels and biases by name (``dense_1/kernel``), in the order of the layers."""
Order: TypeAlias = "NDArray[np.int32]"
"""The image numbers of an epoch, (steps, batch); -1 fills up a row that has fewer images."""


class Session(Protocol):
    """One network on one split, with its optimizer and compiled steps; reset for each experiment of its shape."""

    parameters: int
    layers: tuple[str, ...]
    """One line a layer."""

    @property
    def model(self) -> Any:
        """The Keras model, compiled with the optimizer that trains it: what Keras callbacks are given.

        Raises:
            EngineError: This engine takes no callbacks.
        """

    @property
    def compiled(self) -> bool:
        """Whether :meth:`compile` has been called in this session's life."""

    def reset(self, experiment: Experiment) -> None:
        """Start over as the experiment's seed and learning rate have it; its shape is that of the session."""

    def compile(self) -> None:
        """Trace and compile all that training and evaluating need; no variable changes."""

    def train_steps(self, order: Order, first: int, last: int) -> None:
        """Train on rows ``first`` to ``last - 1`` of an epoch's order, and return when that is done.

        A step whose loss is not finite is the last one: nothing is learned after it, wherever calls begin and end.

        Args:
            order: The epoch's image numbers.
            first: 0 begins a new epoch's running figures.
            last: One past the last row.
        """

    def running(self) -> tuple[float, float]:
        """Mean loss and accuracy of the epoch so far, each batch by the weights it was trained with, as in ``fit``."""

    def evaluate(self, part: Part) -> tuple[float, float]:
        """Loss and accuracy of the present weights."""

    def predict(self, part: Part) -> NDArray[np.float32]:
        """Class probabilities, (images, 10)."""

    def gradient_norms(self) -> dict[str, float]:
        """Of each layer with weights, first to last, the Euclidean norm of the gradient of its kernel.

        It is that of the mean loss of the first :data:`GRADIENT_IMAGES` images, without dropout; nothing is changed.
        """

    def get_weights(self) -> Weights:
        """A copy of every kernel and bias."""

    def set_weights(self, weights: Weights) -> None:
        """Put back what :meth:`get_weights` gave, to the bit."""


class Lanes(Protocol):
    """Networks of one shape on one split, side by side in one compiled step; lanes are counted from 0."""

    parameters: int
    """Of one network."""
    layers: tuple[str, ...]
    """One line a layer."""

    @property
    def width(self) -> int:
        """How many lanes there are, those included that learn no more."""

    @property
    def compiled(self) -> bool:
        """Whether :meth:`compile` has been called for this shape and width."""

    def compile(self) -> None:
        """Trace and compile all that training and evaluating need; no variable changes."""

    def begin_epoch(self, orders: NDArray[np.int32]) -> None:
        """Take up the image numbers of a new epoch, (lanes, steps, batch), and begin its running figures."""

    def train_steps(self, first: int, last: int, learning: NDArray[np.bool_]) -> None:
        """Train on rows ``first`` to ``last - 1`` of the epoch's orders, and return when that is done.

        A lane for which ``learning``, (lanes,), is False changes in no bit. A step whose loss is not finite is the
        lane's last one in the epoch, wherever calls begin and end; the others never notice.
        """

    def running(self) -> list[tuple[float, float]]:
        """Of each lane what :meth:`Session.running` tells."""

    def evaluate(self, part: Part) -> list[tuple[float, float]]:
        """Loss and accuracy of the present weights of each lane."""

    def predict(self, part: Part, lanes: Sequence[int]) -> list[NDArray[np.float32]]:
        """Class probabilities, (images, 10), of these lanes."""

    def get_weights(self, lane: int) -> Weights:
        """A copy of a lane's kernels and biases."""

    def keep(self, lanes: Sequence[int]) -> None:
        """Remember the present weights of these lanes, on the device, instead of those kept before."""

    def restore(self, lanes: Sequence[int]) -> None:
        """Put back the weights of these lanes that were kept last."""

    def take(self, lanes: Sequence[int]) -> None:
        """Go on with these lanes alone, counted anew in this order."""


class Engine(Protocol):
    """A Keras backend that trains."""

    name: str

    def open(self, experiment: Experiment, split: Split) -> Session:
        """A session for the experiment, reset and ready; a warm one where its shape and data were met before."""

    def environment(self) -> dict[str, Any]:
        """The fields of :class:`mnist_lab.experiments.record.Environment` that the backend knows."""


@runtime_checkable
class LanesEngine(Engine, Protocol):
    """A backend that trains several runs of one shape (:func:`mnist_lab.training.compile_key.shape_of`) at once."""

    def open_lanes(self, experiments: Sequence[Experiment], split: Split) -> Lanes:
        """A lane for each experiment, reset and ready."""

    def lanes_that_fit(self, experiment: Experiment, split: Split) -> int:
        """How many lanes of this shape are worth training at once, by the memory that the device has left."""
