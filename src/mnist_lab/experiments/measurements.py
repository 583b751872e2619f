"""What can be measured after each epoch besides loss and accuracy: this module alone declares it.

A new measurement is one more :class:`Measurement` in :data:`MEASUREMENTS`. From its declaration come the flag of a
request, the option of ``mnist-lab run``, the call in the training loop, the key of the record, and whether a saved run
has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Series = dict[str, list[float]]
"""What a measurement gave: for each name (a layer, a metric) one value per epoch."""


class Measurable(Protocol):
    """A network in training, as far as a measurement may look at it; nothing of this changes the network."""

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
    """Something to measure after each epoch of a training. Runs that measure anything are trained one by one.

    Attributes:
        name: The flag in ``request.json`` and, with dashes, the option of ``mnist-lab run``.
        help: What the option does, in one sentence.
        measure: Gives the values of one epoch by name, the same names in each epoch.
        key: Where ``run.json`` has the :data:`Series`; null there where it was not measured.

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
"""Of each layer with weights, first to last, the norm of the gradient of its kernel after each epoch. It is that of the
mean loss of the first thousand images trained on."""

TEST_CURVE = Measurement(
    "test_curve",
    "Look at the test images after each epoch; nothing is chosen by them.",
    _test_curve,
    key="test_history",
)
"""``loss`` and ``accuracy`` of the test images after each epoch. Nothing is chosen by them."""

MEASUREMENTS: dict[str, Measurement] = {one.name: one for one in (GRADIENT_NORMS, TEST_CURVE)}
"""Everything that can be measured, by name."""
