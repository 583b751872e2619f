"""Predictions from real files, valid and damaged, and the confusion matrix and orders of images derived from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_lab.data import predictions
from mnist_lab.data.predictions import Predictions
from mnist_lab.errors import DamagedRunError

LABELS = np.array([0, 1, 2, 2, 9, 9], np.uint8)
PREDICTED = np.array([0, 7, 2, 3, 9, 3], np.uint8)
CONFIDENCE = [0.9, 0.6, 0.5, 0.95, 0.8, 0.7]


def made(predicted: NDArray[np.uint8] = PREDICTED, confidence: list[float] = CONFIDENCE) -> Predictions:
    probabilities = np.zeros((len(predicted), 10), np.float16)
    probabilities[np.arange(len(predicted)), predicted] = confidence
    return Predictions(probabilities, predicted)


def saved(path: Path, **arrays: Any) -> Path:
    whole = {"probabilities": made().probabilities, "digits": PREDICTED}
    np.savez_compressed(path, **{name: array for name, array in (whole | arrays).items() if array is not None})
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "predictions.npz"


def test_what_was_saved_is_read(path: Path) -> None:
    found = predictions.read(saved(path), len(LABELS))
    assert found.probabilities.dtype == np.float16
    np.testing.assert_array_equal(found.probabilities, made().probabilities)
    np.testing.assert_array_equal(found.digits, PREDICTED)


def test_a_missing_file_is_not_a_damaged_one(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        predictions.read(path, len(LABELS))


@pytest.mark.parametrize(
    ("arrays", "complaint"),
    [
        ({"digits": None}, "not a whole"),
        ({"probabilities": None}, "not a whole"),
        ({"digits": PREDICTED[:5]}, r"digits is uint8 \(5,\) instead of uint8 \(6,\)"),
        ({"digits": PREDICTED.astype(np.int64)}, "digits is int64"),
        ({"digits": PREDICTED.reshape(2, 3)}, "digits is uint8"),
        ({"digits": np.array([0, 1, 2, 3, 4, 10], np.uint8)}, "10 for a digit"),
        ({"digits": np.array(list("012345"), object)}, "not a whole"),
        ({"probabilities": np.zeros((6, 9), np.float16)}, "probabilities is float16"),
        ({"probabilities": np.zeros((6, 10), np.float32)}, "probabilities is float32"),
        ({"probabilities": np.array([[{}] * 10] * 6, object)}, "not a whole"),
        ({"probabilities": np.zeros((10**6, 10), np.float16)}, "larger than it can be"),
        ({"more": np.zeros(10**6, np.uint8)}, "larger than it can be"),
    ],
)
def test_other_arrays_are_refused_in_one_sentence(path: Path, arrays: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DamagedRunError, match=complaint) as caught:
        predictions.read(saved(path, **arrays), len(LABELS))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


class Obeyed:
    """Unpickled, it would leave a file behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.trace,)


def test_nothing_is_unpickled(path: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    saved(path, digits=np.array([Obeyed(trace)] * 6, object))
    with pytest.raises(DamagedRunError):
        predictions.read(path, len(LABELS))
    assert not trace.exists()


@pytest.mark.parametrize("cut", [0, 1, 40, 200, -30, -1])
def test_a_file_cut_short_is_damaged(path: Path, cut: int) -> None:
    path.write_bytes(saved(path).read_bytes()[:cut])
    with pytest.raises(DamagedRunError):
        predictions.read(path, len(LABELS))


@pytest.mark.parametrize("content", [b"", b"{}", b"\x80\x04N.", b"PK\x03\x04" + bytes(99), b"\x93NUMPY" + bytes(99)])
def test_other_files_are_damaged(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DamagedRunError):
        predictions.read(path, len(LABELS))


def test_any_flipped_byte_is_damage_or_changes_nothing(path: Path) -> None:
    whole = saved(path).read_bytes()
    before = predictions.read(path, len(LABELS))
    for index in range(0, len(whole), 3):
        path.write_bytes(whole[:index] + bytes([whole[index] ^ 0xFF]) + whole[index + 1 :])
        try:
            found = predictions.read(path, len(LABELS))
        except DamagedRunError:
            continue
        np.testing.assert_array_equal(found.digits, before.digits)
        np.testing.assert_array_equal(found.probabilities, before.probabilities)


def test_a_folder_in_its_place_is_damage(path: Path) -> None:
    path.mkdir()
    with pytest.raises(DamagedRunError):
        predictions.read(path, len(LABELS))


def test_the_confusion_matrix_has_true_digits_down_and_predicted_ones_across() -> None:
    counts = predictions.confusion_matrix(LABELS, PREDICTED)
    assert counts[0][0] == counts[1][7] == counts[2][2] == counts[2][3] == counts[9][9] == counts[9][3] == 1
    assert sum(map(sum, counts)) == len(LABELS)
    assert all(type(count) is int for row in counts for count in row)


def test_the_most_confident_mistakes_come_first() -> None:
    assert predictions.mistakes(made(), LABELS) == [3, 5, 1]


def test_equally_confident_mistakes_keep_their_order() -> None:
    assert predictions.mistakes(made(confidence=[0.5] * 6), LABELS) == [1, 3, 5]


def test_nan_is_less_confident_than_any_number(path: Path) -> None:
    assert predictions.mistakes(made(confidence=[0.9, 0.6, 0.5, float("nan"), 0.8, 0.7]), LABELS) == [5, 1, 3]


def test_a_diagonal_cell_has_the_least_confident_images_first() -> None:
    labels = np.full(6, 9, np.uint8)
    predicted = np.array([9, 9, 9, 4, 4, 9], np.uint8)
    answers = made(predicted)
    assert predictions.cell_images(answers, labels, 9, 9) == [2, 1, 5, 0]
    assert predictions.cell_images(answers, labels, 9, 4) == [3, 4]
    assert predictions.cell_images(answers, labels, 4, 9) == []


def test_the_answer_comes_first_among_the_most_probable() -> None:
    answers = made()
    answers.probabilities[0] = 0.1
    answers.probabilities[1, :3] = (0.1, np.nan, 0.3)
    assert predictions.most_probable(answers, 0)[0] == (0, pytest.approx(0.1, rel=1e-2))
    assert [digit for digit, _ in predictions.most_probable(answers, 1)] == [7, 2, 0]
    assert len(predictions.most_probable(answers, 3, 5)) == 5
