"""What a trained network said about the test images: read from its file, and set beside what they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_lab.data.dataset import CLASSES, Bytes
from mnist_lab.errors import DamagedRunError

Counts: TypeAlias = tuple[tuple[int, ...], ...]
"""How many images of each true digit (outer) were taken for each digit (inner)."""

_HEADERS = 4096
"""More bytes than the headers of the two arrays take."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """One network's answers.

    Attributes:
        probabilities: Of each digit for each test image, float16, (images, 10); NaN where training diverged.
        digits: The digit it took each test image for, uint8, (images,).
    """

    probabilities: NDArray[np.float16]
    digits: Bytes


def read(path: Path, images: int) -> Predictions:
    """The predictions in a file, checked. Nothing is unpickled.

    Args:
        path: A run's ``predictions.npz``.
        images: How many test images there are.

    Raises:
        FileNotFoundError: None were kept.
        DamagedRunError: The file is not what it must be.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            # Bounds what is decompressed before any of it is.
            if sum(entry.file_size for entry in archive.zip.infolist()) > images * (2 * CLASSES + 1) + _HEADERS:
                raise _damaged(path, "it is larger than it can be")
            probabilities, digits = archive["probabilities"], archive["digits"]
    except (FileNotFoundError, DamagedRunError):
        raise
    except PermissionError as error:
        raise DamagedRunError(f"{path} may not be read; change its permissions.") from error
    except Exception as error:
        # Damaged bytes surface as zipfile's, zlib's or NumPy's errors, each of a kind of its own.
        raise _damaged(path, "it is not a whole .npz archive of plain arrays") from error
    wanted = (("probabilities", probabilities, (images, CLASSES), np.float16), ("digits", digits, (images,), np.uint8))
    for name, array, shape, dtype in wanted:
        if array.shape != shape or array.dtype != dtype:
            found = f"{array.dtype} {array.shape}"
            raise _damaged(path, f"its array {name} is {found} instead of {np.dtype(dtype)} {shape}")
    if images and digits.max() >= CLASSES:
        raise _damaged(path, f"it has {digits.max()} for a digit")
    return Predictions(probabilities, digits)


def confusion(labels: Bytes, digits: Bytes) -> Counts:
    """How often each digit was taken for each."""
    counts = np.bincount(labels.astype(np.intp) * CLASSES + digits, minlength=CLASSES * CLASSES)
    return tuple(tuple(row) for row in counts.reshape(CLASSES, CLASSES).tolist())


def mistakes(predictions: Predictions, labels: Bytes) -> list[int]:
    """The images that were taken for another digit, first those of whose wrong digit the network was surest."""
    return _surest_first(predictions, np.flatnonzero(predictions.digits != labels))


def of_cell(predictions: Predictions, labels: Bytes, true: int, said: int) -> list[int]:
    """The images of one cell of the confusion matrix: mistakes surest first, right answers least sure first."""
    found = _surest_first(predictions, np.flatnonzero((labels == true) & (predictions.digits == said)))
    return found[::-1] if true == said else found


def most_probable(predictions: Predictions, image: int, count: int = 3) -> list[tuple[int, float]]:
    """The digits that the network held most probable for an image, its answer first, each with its probability."""
    said = int(predictions.digits[image])
    probabilities = enumerate(predictions.probabilities[image].tolist())
    return sorted(probabilities, key=lambda pair: (pair[0] != said, -np.nan_to_num(pair[1])))[:count]


def _surest_first(predictions: Predictions, images: NDArray[np.intp]) -> list[int]:
    """Images in the order of how sure the network was of its answer; where that is no number, last."""
    sure = np.nan_to_num(predictions.probabilities[images, predictions.digits[images]], nan=-1.0)
    order: list[int] = images[np.argsort(-sure, kind="stable")].tolist()
    return order


def _damaged(path: Path, problem: str) -> DamagedRunError:
    return DamagedRunError(f"The predictions {path} are damaged: {problem}; train the run again to have them.")
