"""Declarations of what can be measured after each epoch besides loss and accuracy.

A new measurement is one more :class:`Measurement` in :data:`MEASUREMENTS`. The flag of a request, the option of
``mnist-lab run``, the call in the training loop and the key of the record are derived from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal, Protocol

from annotated_types import MaxLen

from mnist_lab.experiments.limits import Losses
from mnist_lab.text import CleanLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MeasuredSeries = Annotated[dict[CleanLine, Losses], MaxLen(1_000)]
"""Values of a measurement: for each name (a layer, a metric) one value per epoch."""


class Measurable(Protocol):
    """A network in training, as measurements see it; none of the methods changes it."""

    def evaluate(self, part: Literal["val", "test"]) -> tuple[float, float]:
        """Loss and accuracy on the validation or test images."""

    def predict(self, part: Literal["val", "test"]) -> NDArray[np.float32]:
        """Class probabilities, (images, 10)."""

    def gradient_norms(self) -> dict[str, float]:
        """The norm of the gradient of each layer's kernel."""

    def get_weights(self) -> dict[str, NDArray[np.float32]]:
        """A copy of every kernel and bias by name."""


@dataclass(frozen=True)
class Measurement:
    """A measurement to take after each epoch of a training. Runs with measurements are not trained as lanes.

    Attributes:
        name: The flag in ``request.json`` and, with dashes, the option of ``mnist-lab run``.
        help: What the option does, in one sentence.
        measure: Computes the values of one epoch by name, the same names in each epoch.
        key: Key of the :data:`MeasuredSeries` in ``run.json``; null there where it was not measured.

    Example:
        >>> Measurement(
        ...     "weight_norms",
        ...     "Measure the weights of each layer, epoch by epoch.",
        ...     lambda network: {name: float((values**2).sum()) for name, values in network.get_weights().items()},
        ...     key="weight_norms",
        ... )
    """

    name: str
    help: str
    measure: Callable[[Measurable], Mapping[str, float]]
    key: str


def _test_curve(network: Measurable) -> dict[str, float]:
    loss, accuracy = network.evaluate("test")
    return {"loss": loss, "accuracy": accuracy}


GRADIENT_NORMS = Measurement(
    "gradient_norms",
    "Measure the gradient of each layer, epoch by epoch.",
    lambda network: network.gradient_norms(),
    key="gradient_norms",
)
"""Norm of the gradient of each layer's kernel after each epoch, first layer to last. The gradient is that of the mean
loss of the first thousand training images."""

TEST_CURVE = Measurement(
    "test_curve",
    "Evaluate on the test images after each epoch; nothing is selected by them.",
    _test_curve,
    key="test_history",
)
"""Loss and accuracy on the test images after each epoch; nothing is selected by them."""

MEASUREMENTS: dict[str, Measurement] = {one.name: one for one in (GRADIENT_NORMS, TEST_CURVE)}
"""All measurements by name."""
