"""The material of a report: the records by which its claims are judged, and the best network's error analysis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mnist_lab.experiments.record import Record
from mnist_lab.report.claims.passage import Claim
from mnist_lab.report.controls import holdout_records
from mnist_lab.report.error_analysis import ErrorAnalysis, analyse_best
from mnist_lab.report.ledger.trainings import relevant_records
from mnist_lab.store import Store


@dataclass(frozen=True)
class Material:
    """The material of a report.

    Attributes:
        records: The records in the order in which their runs were requested, reduced by :func:`stripped`.
        error_analysis: The error analysis of the best network; None where no predictions were kept.
        epochs: The most epochs of a training, in a rehearsal; None for as many as the presets have.
    """

    records: tuple[Record, ...]
    error_analysis: ErrorAnalysis | None = None
    epochs: int | None = None

    def about(self, claims: Iterable[Claim]) -> Material:
        """The part of the material that is about some claims."""
        records = _about(claims, self.records, self.epochs)
        analysis = self.error_analysis
        known = analysis is not None and any(record.id == analysis.run for record in records)
        return replace(self, records=tuple(records), error_analysis=analysis if known else None)


def from_store(store: Store, claims: Iterable[Claim], epochs: int | None = None) -> Material:
    """Collect the material of a report from a runs folder.

    Args:
        store: The runs folder.
        claims: The claims that the report covers.
        epochs: The most epochs of a training, in a rehearsal. Default: as many as the presets have.

    Raises:
        StoreError: The folder cannot be read.
    """
    runs = [run.record for run in store.runs() if run.record is not None]
    records = tuple(stripped(record) for record in _about(claims, runs, epochs))
    return Material(records, analyse_best(store, records), epochs)


def _about(claims: Iterable[Claim], records: Iterable[Record], epochs: int | None) -> list[Record]:
    """The records by which claims are judged, and those that measure the optimism of their networks."""
    claims, records = list(claims), list(records)
    found = [*relevant_records(claims, records, epochs), *holdout_records(claims, records, epochs)]
    return sorted(found, key=lambda record: record.id)


def stripped(record: Record) -> Record:
    """A record without note, tags, study, reason, host and the duration of each epoch."""
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
