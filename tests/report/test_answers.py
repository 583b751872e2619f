"""The best network's answers, from real prediction files and the real images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mnist_lab.data import dataset
from mnist_lab.experiments.record import Record, Result
from mnist_lab.report.answers import SHOWN, best_answers
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


def test_the_best_network_is_asked_and_its_surest_mistakes_are_kept_with_their_pictures(store: Store) -> None:
    wrong = [8, 247, *range(300, 400)]
    records = [kept(store, 0.98, [1]), kept(store, 0.99, wrong), kept(store, 0.97, [2])]
    answers = best_answers(store, records)
    assert answers is not None
    assert (answers.run, answers.out_of) == (records[1].id, 3)
    assert (answers.images, answers.wrong, len(answers.mistakes)) == (10_000, len(wrong), SHOWN)
    assert [one.image for one in answers.mistakes[:3]] == [8, 247, 300]
    first = answers.mistakes[0]
    assert (first.true, first.said) == (LABELS[8], LABELS[8] + 1)
    assert bytes.fromhex(first.pixels) == dataset.load().x_test[8].tobytes()
    assert [sum(row) for row in answers.counts] == np.bincount(LABELS).tolist()


def test_of_a_damaged_file_the_next_best_is_taken(store: Store) -> None:
    records = [kept(store, 0.98, [1]), kept(store, 0.99, [2])]
    Path(store.predictions_path(records[1].id)).write_bytes(b"PK")
    answers = best_answers(store, records)
    assert answers is not None
    assert answers.run == records[0].id


def test_without_predictions_and_with_shuffled_pixels_there_are_none(store: Store) -> None:
    assert best_answers(store, [make_record()]) is None
    assert best_answers(store, [kept(store, 0.9, [1], changes={"permute_pixels": True})]) is None
