"""The predictions of a run on the test images, for the screens. Imports NumPy when they are read, in a thread."""

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
    from mnist_lab.data.predictions import ConfusionMatrix, Predictions


@dataclass(frozen=True, eq=False)
class RunPredictions:
    """The predictions of one run versus the true digits. Images are given by their index in the test set.

    Attributes:
        counts: The confusion matrix.
        mistakes: The images predicted wrongly, the most confident first.
        shuffled: Whether the network saw the images with their pixels shuffled.
    """

    counts: ConfusionMatrix
    mistakes: Sequence[int]
    shuffled: bool
    _predictions: Predictions
    _digits: Digits

    @property
    def images(self) -> int:
        """Number of test images."""
        return len(self._digits.y_test)

    def images_of_cell(self, true: int, predicted: int) -> Sequence[int]:
        """The images of a cell of the matrix: mistakes most confident first, correct ones least confident first."""
        from mnist_lab.data.predictions import cell_images

        return cell_images(self._predictions, self._digits.y_test, true, predicted)

    def pixels(self, image: int) -> bytes:
        """The 28×28 grey values of an image, never shuffled."""
        return bytes(self._digits.x_test[image].tobytes())

    def true(self, image: int) -> int:
        return int(self._digits.y_test[image])

    def predicted(self, image: int) -> int:
        return int(self._predictions.digits[image])

    def most_probable(self, image: int) -> list[tuple[int, float]]:
        """The three most probable digits of an image with their probabilities, most probable first."""
        from mnist_lab.data.predictions import most_probable

        return most_probable(self._predictions, image)


def why_missing(snapshot: RunSnapshot) -> str:
    """Why a run has no predictions to read, in one sentence; empty if it should have some."""
    if snapshot.status == "unreadable":
        return one_line(snapshot.reason)
    if not snapshot.ended:
        return "Predictions are saved when the run ends."
    if snapshot.record is None:
        return "The run left no readable predictions."
    if snapshot.record.result.test_accuracy is None:
        return "The run ended before the test images were evaluated."
    return ""


def read(path: Path, snapshot: RunSnapshot) -> RunPredictions | str:
    """The predictions in a run's file, or one sentence why there are none. Slow: call it in a thread."""
    from mnist_lab.data.predictions import confusion_matrix, mistakes
    from mnist_lab.data.predictions import read as read_file

    assert snapshot.experiment is not None
    try:
        digits = _digits(snapshot.experiment.data)
        predictions = read_file(path, len(digits.y_test))
    except FileNotFoundError:
        return "No predictions were kept (--keep record)."
    except (LabError, OSError) as error:
        return str(error)
    return RunPredictions(
        counts=confusion_matrix(digits.y_test, predictions.digits),
        mistakes=mistakes(predictions, digits.y_test),
        shuffled=snapshot.experiment.permute_pixels,
        _predictions=predictions,
        _digits=digits,
    )


@lru_cache(maxsize=1)
def _digits(checksum: str) -> Digits:
    from mnist_lab.data import dataset

    return dataset.load(checksum)
