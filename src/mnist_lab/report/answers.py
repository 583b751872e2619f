"""What the best network said of the test images: its confusion matrix, and its surest mistakes as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from mnist_lab.errors import LabError
from mnist_lab.experiments.record import Record
from mnist_lab.store import Store

SHOWN = 40
"""Mistakes that are shown, at most."""

SIDE = 28
"""Pixels of a picture's edge."""

Digit = Annotated[int, Field(ge=0, le=9)]


class Mistake(BaseModel):
    """A test image that was taken for another digit.

    Attributes:
        image: Its number, from 0.
        true: What it is.
        said: What the network took it for.
        sure: The probability that the network gave its answer.
        pixels: The image row by row, two hexadecimal digits a pixel: 00 is background.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    image: int
    true: Digit
    said: Digit
    sure: float
    pixels: str = Field(pattern=f"^[0-9a-f]{{{2 * SIDE * SIDE}}}$")


class Answers(BaseModel):
    """One network's answers.

    Attributes:
        run: Its run.
        out_of: How many trainings it was picked from: those whose predictions were kept.
        counts: How many images of each true digit (outer) were taken for each digit (inner).
        mistakes: Those of which it was surest, the surest first.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    out_of: int
    counts: tuple[tuple[int, ...], ...]
    mistakes: tuple[Mistake, ...]

    @property
    def images(self) -> int:
        return sum(map(sum, self.counts))

    @property
    def wrong(self) -> int:
        return self.images - sum(row[digit] for digit, row in enumerate(self.counts))

    @property
    def most_confused(self) -> int:
        """How many images the most frequent confusion has, at least 1."""
        rows = enumerate(self.counts)
        return max(1, *(count for true, row in rows for said, count in enumerate(row) if said != true))


def best_answers(store: Store, records: Sequence[Record]) -> Answers | None:
    """The answers of the network with the highest test accuracy among those whose predictions were kept.

    Networks that saw shuffled pixels are left out. None where no predictions can be read.
    """
    kept = [
        record
        for record in records
        if record.result.test_accuracy is not None
        and not record.experiment.permute_pixels
        and store.predictions_path(record.id).exists()
    ]
    for record in sorted(kept, key=lambda record: (-(record.result.test_accuracy or 0.0), record.id)):
        try:
            return _answers(store, record, len(kept))
        except (LabError, FileNotFoundError):
            continue  # damaged, or just removed: the next best
    return None


def _answers(store: Store, record: Record, out_of: int) -> Answers:
    from mnist_lab.data import dataset, predictions

    digits = dataset.load(record.experiment.data)
    said = predictions.read(store.predictions_path(record.id), len(digits.y_test))
    wrong = predictions.mistakes(said, digits.y_test)[:SHOWN]
    return Answers(
        run=record.id,
        out_of=out_of,
        counts=predictions.confusion_matrix(digits.y_test, said.digits),
        mistakes=tuple(
            Mistake(
                image=image,
                true=int(digits.y_test[image]),
                said=int(said.digits[image]),
                sure=float(said.probabilities[image, said.digits[image]]),
                pixels=digits.x_test[image].tobytes().hex(),
            )
            for image in wrong
        ),
    )
