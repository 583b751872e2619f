"""The contract between the training loop and what computes: an engine opens sessions, a session trains one network.

The loop decides when; a session decides how. Weights travel as plain arrays under their Keras names
(``dense_1/kernel``), so that no caller meets a backend's types.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from mnist_lab.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mnist_lab.dataset import Split
    from mnist_lab.experiment import Experiment

Part = Literal["val", "test"]
Weights: TypeAlias = "dict[str, NDArray[np.float32]]"
"""Kernels and biases by name (``dense_1/kernel``), in the order of the layers."""
Order: TypeAlias = "NDArray[np.int32]"
"""The image numbers of an epoch, (steps, batch); -1 fills up a row that has fewer images."""


class Session(Protocol):
    """One network on one split, with its optimizer and compiled steps; reset for each experiment of its shape."""

    parameters: int
    layers: tuple[str, ...]
    """One line a layer."""
    model: Any
    """The Keras model, compiled with the optimizer that trains it: what Keras callbacks are given."""
    compiled: bool
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

    def get_weights(self) -> Weights:
        """A copy of every kernel and bias."""

    def set_weights(self, weights: Weights) -> None:
        """Put back what :meth:`get_weights` gave, to the bit."""


class Engine(Protocol):
    """A Keras backend that trains."""

    name: str

    def open(self, experiment: Experiment, split: Split) -> Session:
        """A session for the experiment, reset and ready; a warm one where its shape and data were met before."""

    def environment(self) -> dict[str, Any]:
        """The fields of :class:`mnist_lab.record.Environment` that the backend knows."""


def load_engine(threads: int | None = None) -> Engine:
    """Import the backend, which takes seconds and half a gigabyte.

    Args:
        threads: CPU threads to compute with; none: as many as TensorFlow likes. Only the first call in a process can
            choose.

    Raises:
        EngineError: TensorFlow is missing or broken.
    """
    try:
        engine = importlib.import_module("mnist_lab.training.tensorflow_engine")
        return engine.TensorFlowEngine(threads)  # type: ignore[no-any-return]
    except EngineError:
        raise
    except Exception as error:
        # A native library that is broken fails in ways of its own.
        raise EngineError(f"TensorFlow cannot be used here; install mnist-lab again. It said: {error}") from error
