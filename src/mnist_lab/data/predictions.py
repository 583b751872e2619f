"""A trained network's predictions on the test images, compared with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_lab.data.dataset import CLASSES, UInt8Array
from mnist_lab.errors import DamagedRunError
from mnist_lab.machine import opener
from mnist_lab.machine.shared_path import LinkError, NotADocumentError

ConfusionMatrix: TypeAlias = tuple[tuple[int, ...], ...]
"""Number of images of each true digit (outer) that were predicted as each digit (inner)."""

_HEADERS = 4096
"""Upper bound on the bytes of the headers of the two arrays."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """A network's predictions on the test images.

    Attributes:
        probabilities: Class probabilities, float16, (images, 10); NaN where training diverged.
        digits: Predicted digit of each image, uint8, (images,).
    """

    probabilities: NDArray[np.float16]
    digits: UInt8Array


def read(path: Path, images: int) -> Predictions:
    """Read and check a file of predictions. Nothing is unpickled.

    Args:
        path: A run's ``predictions.npz``.
        images: Number of test images.

    Raises:
        FileNotFoundError: The run has saved none.
        DamagedRunError: The file is damaged.
    """
    try:
        limit = images * (2 * CLASSES + 1) + _HEADERS
        with opener.open_file(path, limit + _HEADERS) as file, np.load(file, allow_pickle=False) as archive:
            # Limits the size before anything is decompressed.
            if sum(entry.file_size for entry in archive.zip.infolist()) > limit:
                raise _damaged(path, "it is larger than it can be")
            probabilities, digits = archive["probabilities"], archive["digits"]
    except (FileNotFoundError, DamagedRunError):
        raise
    except LinkError as error:
        raise DamagedRunError(f"{path} cannot be read: {error.strerror}.") from error
    except NotADocumentError as error:
        raise _damaged(path, str(error.strerror)) from error
    except PermissionError as error:
        raise DamagedRunError(f"{path} may not be read; change its permissions.") from error
    except Exception as error:
        # Damaged bytes raise errors of zipfile, zlib or NumPy, of many types.
        raise _damaged(path, "it is not a whole .npz archive of plain arrays") from error
    wanted = (("probabilities", probabilities, (images, CLASSES), np.float16), ("digits", digits, (images,), np.uint8))
    for name, array, shape, dtype in wanted:
        if array.shape != shape or array.dtype != dtype:
            found = f"{array.dtype} {array.shape}"
            raise _damaged(path, f"its array {name} is {found} instead of {np.dtype(dtype)} {shape}")
    if images and digits.max() >= CLASSES:
        raise _damaged(path, f"it has {digits.max()} for a digit")
    return Predictions(probabilities, digits)


def confusion_matrix(labels: UInt8Array, digits: UInt8Array) -> ConfusionMatrix:
    """Confusion matrix of true labels and predicted digits."""
    counts = np.bincount(labels.astype(np.intp) * CLASSES + digits, minlength=CLASSES * CLASSES)
    return tuple(tuple(row) for row in counts.reshape(CLASSES, CLASSES).tolist())


def mistakes(predictions: Predictions, labels: UInt8Array) -> list[int]:
    """Indices of the misclassified images, most confident first."""
    return _most_confident_first(predictions, np.flatnonzero(predictions.digits != labels))


def cell_images(predictions: Predictions, labels: UInt8Array, true: int, predicted: int) -> list[int]:
    """Indices of the images in one cell of the confusion matrix.

    Misclassified images come most confident first, correct ones least confident first.
    """
    found = _most_confident_first(predictions, np.flatnonzero((labels == true) & (predictions.digits == predicted)))
    return found[::-1] if true == predicted else found


def most_probable(predictions: Predictions, image: int, count: int = 3) -> list[tuple[int, float]]:
    """The most probable digits of an image with their probabilities, the predicted digit first."""
    predicted = int(predictions.digits[image])
    probabilities = enumerate(predictions.probabilities[image].tolist())
    return sorted(probabilities, key=lambda pair: (pair[0] != predicted, -np.nan_to_num(pair[1])))[:count]


def _most_confident_first(predictions: Predictions, images: NDArray[np.intp]) -> list[int]:
    """Images by the probability of their predicted digit, descending; NaN last."""
    confidence = np.nan_to_num(predictions.probabilities[images, predictions.digits[images]], nan=-1.0)
    order: list[int] = images[np.argsort(-confidence, kind="stable")].tolist()
    return order


def _damaged(path: Path, problem: str) -> DamagedRunError:
    return DamagedRunError(f"The predictions {path} are damaged: {problem}; train the run again to have them.")
