"""Error analysis of the best network: its confusion matrix, and its most confident mistakes with their images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mnist_lab.errors import LabError
from mnist_lab.experiments.limits import Count, Fraction
from mnist_lab.experiments.record import Record
from mnist_lab.machine import opener
from mnist_lab.store import Store

MAX_MISTAKES = 40
"""Most mistakes that are kept."""

SIDE = 28
"""Pixels along each side of an image."""

DigitLabel = Annotated[int, Field(ge=0, le=9)]


class Mistake(BaseModel):
    """A test image whose digit a network predicts wrongly.

    Attributes:
        image: Index of the test image.
        true: Its true digit.
        predicted: The predicted digit; ``said`` in a file.
        probability: The probability of the predicted digit; ``sure`` in a file.
        pixels: The image row by row, two hexadecimal digits per pixel: 00 is background.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    image: Annotated[int, Field(ge=0, lt=10_000_000)]
    true: DigitLabel
    predicted: DigitLabel = Field(alias="said")
    probability: Fraction = Field(alias="sure")
    pixels: str = Field(pattern=f"^[0-9a-f]{{{2 * SIDE * SIDE}}}$")


class ErrorAnalysis(BaseModel):
    """The predictions of one network for the test images.

    Attributes:
        run: Id of its run.
        out_of: Number of trainings from which it was selected: those whose predictions were kept.
        counts: Confusion matrix: number of images by true digit (outer) and predicted digit (inner).
        mistakes: The mistakes with the highest probabilities, the highest first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: Annotated[str, Field(max_length=64)]
    out_of: Count
    counts: Annotated[
        tuple[Annotated[tuple[Count, ...], Field(min_length=10, max_length=10)], ...],
        Field(min_length=10, max_length=10),
    ]
    mistakes: Annotated[tuple[Mistake, ...], Field(max_length=MAX_MISTAKES)]

    @property
    def images(self) -> int:
        return sum(map(sum, self.counts))

    @property
    def wrong(self) -> int:
        return self.images - sum(row[digit] for digit, row in enumerate(self.counts))

    @property
    def most_confused(self) -> int:
        """The largest count off the diagonal, at least 1."""
        rows = enumerate(self.counts)
        return max(1, *(count for true, row in rows for predicted, count in enumerate(row) if predicted != true))


def analyse_best(store: Store, records: Sequence[Record]) -> ErrorAnalysis | None:
    """Analyse the network with the highest test accuracy among those whose predictions were kept.

    Networks that were trained on shuffled pixels are left out. None where no predictions can be read.
    """
    kept = [
        record
        for record in records
        if record.result.test_accuracy is not None
        and not record.experiment.permute_pixels
        and opener.exists(store.predictions_path(record.id))
    ]
    for record in sorted(kept, key=lambda record: (-(record.result.test_accuracy or 0.0), record.id)):
        try:
            return _analyse(store, record, len(kept))
        except (LabError, FileNotFoundError):
            continue  # damaged, or just removed: the next best
    return None


def _analyse(store: Store, record: Record, out_of: int) -> ErrorAnalysis:
    from mnist_lab.data import dataset, predictions

    digits = dataset.load(record.experiment.data)
    predicted = predictions.read(store.predictions_path(record.id), len(digits.y_test))
    wrong = predictions.mistakes(predicted, digits.y_test)[:MAX_MISTAKES]
    return ErrorAnalysis(
        run=record.id,
        out_of=out_of,
        counts=predictions.confusion_matrix(digits.y_test, predicted.digits),
        mistakes=tuple(
            Mistake(
                image=image,
                true=int(digits.y_test[image]),
                predicted=int(predicted.digits[image]),
                probability=float(predicted.probabilities[image, predicted.digits[image]]),
                pixels=digits.x_test[image].tobytes().hex(),
            )
            for image in wrong
        ),
    )
