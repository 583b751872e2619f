"""What a report is made of: the records that bear on the claims, and what the best of their networks answered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mnist_lab.experiments.record import Record
from mnist_lab.report.answers import Answers, best_answers
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.controls import held_out
from mnist_lab.report.ledger.trainings import bearing_on
from mnist_lab.store import Store


@dataclass(frozen=True)
class Material:
    """All that a report is made of.

    Attributes:
        records: In the order they were asked for, without what no page tells: see :func:`stripped`.
        answers: What the best network said of the test images; None where no predictions were kept.
        epochs: The most that a network was trained for, in a rehearsal; None: as the claims have it.
    """

    records: tuple[Record, ...]
    answers: Answers | None = None
    epochs: int | None = None

    def about(self, claims: Iterable[Claim]) -> Material:
        """What of it bears on some claims."""
        records = _about(claims, self.records, self.epochs)
        known = self.answers is not None and any(record.id == self.answers.run for record in records)
        return replace(self, records=tuple(records), answers=self.answers if known else None)


def from_store(store: Store, claims: Iterable[Claim], epochs: int | None = None) -> Material:
    """The saved runs of a folder as material.

    Args:
        store: The folder.
        claims: What the report is about.
        epochs: The most that a network was trained for, in a rehearsal.

    Raises:
        StoreError: The folder cannot be read.
    """
    runs = [run.record for run in store.runs() if run.record is not None]
    records = tuple(stripped(record) for record in _about(claims, runs, epochs))
    return Material(records, best_answers(store, records), epochs)


def _about(claims: Iterable[Claim], records: Iterable[Record], epochs: int | None) -> list[Record]:
    """What claims are judged by, and the trainings that tell what choosing on the test images adds."""
    claims, records = list(claims), list(records)
    found = [*bearing_on(claims, records, epochs), *held_out(claims, records, epochs)]
    return sorted(found, key=lambda record: record.id)


def stripped(record: Record) -> Record:
    """A record without its notes, its host, and the time of each epoch."""
    return record.model_copy(
        update={
            "note": "",
            "tags": (),
            "study": None,
            "reason": "",
            "environment": record.environment.model_copy(update={"host": ""}),
            "seconds": record.seconds.model_copy(update={"per_epoch": ()}),
        }
    )
