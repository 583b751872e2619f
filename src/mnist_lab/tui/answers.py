"""A run's answers on the test images, as the screens look at them. Read in a thread: this is where NumPy comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_lab.errors import LabError
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.text import one_line

if TYPE_CHECKING:
    from mnist_lab.data.dataset import Digits
    from mnist_lab.data.predictions import Counts, Predictions


@dataclass(frozen=True, eq=False)
class Answers:
    """What a network said, beside what the images are.

    Attributes:
        counts: The confusion matrix.
        mistakes: The images that were taken for another digit, the surest first.
        shuffled: Whether the network saw the images with their pixels shuffled.
    """

    counts: Counts
    mistakes: Sequence[int]
    shuffled: bool
    _predictions: Predictions
    _digits: Digits

    @property
    def images(self) -> int:
        return len(self._digits.y_test)

    def of_cell(self, true: int, said: int) -> Sequence[int]:
        """The images of a cell of the matrix: mistakes surest first, right answers least sure first."""
        from mnist_lab.data.predictions import of_cell

        return of_cell(self._predictions, self._digits.y_test, true, said)

    def pixels(self, image: int) -> bytes:
        """An image as a person reads it, whatever was done to it for the network."""
        return bytes(self._digits.x_test[image].tobytes())

    def true(self, image: int) -> int:
        return int(self._digits.y_test[image])

    def said(self, image: int) -> int:
        return int(self._predictions.digits[image])

    def most_probable(self, image: int) -> list[tuple[int, float]]:
        """The three most probable digits of an image, the answer first."""
        from mnist_lab.data.predictions import most_probable

        return most_probable(self._predictions, image)


def missing(view: RunSnapshot) -> str:
    """Why there are no predictions to read, in a sentence; empty where there should be some."""
    if view.status == "unreadable":
        return one_line(view.reason)
    if not view.ended:
        return "Predictions come when the run has ended."
    if view.record is None:
        return "It left no predictions that could be read."
    if view.record.result.test_accuracy is None:
        return "It ended before it had been asked about the test images."
    return ""


def read(path: Path, view: RunSnapshot) -> Answers | str:
    """The answers in a run's predictions file, or in a sentence why there are none. Takes its time."""
    from mnist_lab.data import predictions

    assert view.experiment is not None
    try:
        digits = _digits(view.experiment.data)
        said = predictions.read(path, len(digits.y_test))
    except FileNotFoundError:
        return "No predictions were kept (--keep record)."
    except LabError as error:
        return str(error)
    counts = predictions.confusion(digits.y_test, said.digits)
    mistakes = predictions.mistakes(said, digits.y_test)
    return Answers(counts, mistakes, view.experiment.permute_pixels, said, digits)


@lru_cache(maxsize=1)
def _digits(checksum: str) -> Digits:
    from mnist_lab.data import dataset

    return dataset.load(checksum)
