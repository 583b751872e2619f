"""Two runs as recipes and as networks: real predictions files, counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mnist_lab.analysis.tables import pair
from mnist_lab.data import dataset
from mnist_lab.errors import DamagedRunError, UsageError
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import Record, Result
from mnist_lab.machine.cache import CACHE_VARIABLE
from mnist_lab.store import Store
from tests.factories import make_record, put

IMAGES = 1000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The checksum of a data set of a thousand test images, all of them a one."""
    folder = tmp_path_factory.mktemp("data")
    labels = np.ones(IMAGES, np.uint8)
    labels[-10:] = np.arange(10)
    images = np.broadcast_to((np.arange(IMAGES) % 256).astype(np.uint8)[:, None, None], (IMAGES, 28, 28))
    np.savez(folder / "ones.npz", x_train=images[:60], y_train=labels[-60:], x_test=images, y_test=labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(folder))
        yield dataset.import_npz(folder / "ones.npz")


def save(store: Store, data: str, wrong: dict[int, int], **fields: object) -> Record:
    """A run that took some images for other digits; the later the image, the surer of it."""
    record = make_record(changes={"data": data} | fields.pop("changes", {}), **fields)  # type: ignore[arg-type, operator]
    said = np.ones(IMAGES, np.uint8)
    said[-10:] = np.arange(10)
    for image, digit in wrong.items():
        said[image] = digit
    probabilities = np.zeros((IMAGES, 10), np.float16)
    probabilities[np.arange(IMAGES), said] = np.linspace(0.5, 0.99, IMAGES)
    put(store.root, "request.json", b"", record.id)
    np.savez(store.predictions_path(record.id), probabilities=probabilities, digits=said)
    return record


def test_networks_are_compared_image_by_image_the_surest_mistakes_first(store: Store, data: str) -> None:
    first = save(store, data, {3: 7, 4: 7, 5: 7, 9: 2})
    second = save(store, data, {5: 7, 9: 3, **dict.fromkeys(range(100, 120), 8)}, changes={"permute_pixels": True})
    found = pair.answered(store, first, second)
    assert list(found.only_first) == list(range(119, 99, -1))
    assert list(found.only_second) == [4, 3]
    assert list(found.both_wrong) == [9]
    assert found.shuffled
    assert found.true(9) == 1
    assert [digit for digit, _ in found.said(9)] == [2, 3]
    assert set(found.pixels(300)) == {300 % 256}
    assert found.found.p == pytest.approx(2 * sum((1, 22, 231)) / 2**22)


def test_without_predictions_of_the_same_images_a_sentence_says_why(store: Store, data: str) -> None:
    first, other = save(store, data, {}), make_record()
    with pytest.raises(UsageError, match="different images"):
        pair.answered(store, first, other)
    never = save(store, data, {}, result=Result(), status="failed")
    with pytest.raises(UsageError, match="before it had been asked"):
        pair.answered(store, first, never)
    gone, damaged = save(store, data, {}), save(store, data, {})
    store.predictions_path(gone.id).unlink()
    with pytest.raises(UsageError, match=f"No predictions of run {gone.id[-6:]} were kept"):
        pair.answered(store, gone, first)
    Path(store.predictions_path(damaged.id)).write_bytes(b"PK")
    with pytest.raises(DamagedRunError, match="no test of one network"):
        pair.answered(store, first, damaged)


def test_recipes_differ_in_fields_that_have_an_effect() -> None:
    conv = DEFAULT.derive(network="conv", weight_decay=0.1, data="0" * 64)
    assert pair.differing(DEFAULT, conv) == {
        "network": ("dense", "conv"),
        "filters": ("–", "32+64"),
        "weight_decay": ("none", "0.1"),
        "data": (DEFAULT.data[:12], "0" * 12),
    }
    sentence = pair.difference_in_words(DEFAULT, DEFAULT.derive(units=64, seed=3))
    assert sentence == "Two recipes with other seeds (0 and 3), which differ in units (128 and 64)."
    assert pair.difference_in_words(DEFAULT, DEFAULT.derive(seed=3)) == "One recipe with other seeds (0 and 3)."
    assert pair.difference_in_words(DEFAULT, DEFAULT) == "One recipe and one seed."


def test_runs_are_called_apart() -> None:
    relu, sigmoid = make_record(), make_record(changes={"activation": "sigmoid", "seed": 2})
    assert pair.names(relu, sigmoid) == ("baseline epochs=2 s0", "sigmoid epochs=2 s2")
    again = make_record()
    assert pair.names(relu, again) == tuple(f"baseline epochs=2 s0 {run.id[-6:]}" for run in (relu, again))
