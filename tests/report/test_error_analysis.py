"""The best network's answers, from real prediction files and the real images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mnist_lab.data import dataset
from mnist_lab.experiments.record import Record, Result
from mnist_lab.report.error_analysis import MAX_MISTAKES, analyse_best
from mnist_lab.store import Store
from tests.factories import make_record

LABELS = dataset.load().y_test


def kept(store: Store, accuracy: float, wrong: list[int], **fields: object) -> Record:
    """A run whose network took these images for the next digit, of the later ones less sure."""
    record = make_record(result=Result(test_accuracy=accuracy), **fields)
    digits = LABELS.copy()
    digits[wrong] = (digits[wrong] + 1) % 10
    probabilities = np.zeros((len(LABELS), 10), np.float16)
    probabilities[np.arange(len(LABELS)), digits] = np.linspace(1, 0.5, len(LABELS), dtype=np.float16)
    store.predictions_path(record.id).parent.mkdir(parents=True)
    np.savez_compressed(store.predictions_path(record.id), probabilities=probabilities, digits=digits)
    return record


def test_the_best_network_is_analysed_and_its_most_confident_mistakes_are_kept_with_their_images(store: Store) -> None:
    wrong = [8, 247, *range(300, 400)]
    records = [kept(store, 0.98, [1]), kept(store, 0.99, wrong), kept(store, 0.97, [2])]
    analysis = analyse_best(store, records)
    assert analysis is not None
    assert (analysis.run, analysis.out_of) == (records[1].id, 3)
    assert (analysis.images, analysis.wrong, len(analysis.mistakes)) == (10_000, len(wrong), MAX_MISTAKES)
    assert [one.image for one in analysis.mistakes[:3]] == [8, 247, 300]
    first = analysis.mistakes[0]
    assert (first.true, first.predicted) == (LABELS[8], LABELS[8] + 1)
    assert bytes.fromhex(first.pixels) == dataset.load().x_test[8].tobytes()
    assert [sum(row) for row in analysis.counts] == np.bincount(LABELS).tolist()


def test_of_a_damaged_file_the_next_best_is_taken(store: Store) -> None:
    records = [kept(store, 0.98, [1]), kept(store, 0.99, [2])]
    Path(store.predictions_path(records[1].id)).write_bytes(b"PK")
    analysis = analyse_best(store, records)
    assert analysis is not None
    assert analysis.run == records[0].id


def test_without_predictions_and_with_shuffled_pixels_there_are_none(store: Store) -> None:
    assert analyse_best(store, [make_record()]) is None
    assert analyse_best(store, [kept(store, 0.9, [1], changes={"permute_pixels": True})]) is None
