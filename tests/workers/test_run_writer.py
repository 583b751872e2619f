"""What a worker saves of a run: its record, whatever fails, and nothing of a run that is not its own any more."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mnist_lab.experiments.record import TrainingSummary
from mnist_lab.store import Store
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.run_writer import RunWriter
from tests.factories import make_record, make_request


@pytest.fixture
def outcome() -> Any:
    """Of a training that was stopped before its first step."""
    arrays = {"weights": {}, "probabilities": [], "digits": []}
    return SimpleNamespace(summary=TrainingSummary.of_epochs("stopped", "It was stopped."), **arrays)


def writer(store: Store, run_id: str, *, held: bool) -> RunWriter:
    return RunWriter(store, make_request(run_id), EngineCache("tensorflow", 1), lambda: held)


def names(store: Store, run_id: str) -> set[str]:
    return {path.name for path in store.folder(run_id).iterdir()}


def test_a_run_that_is_another_worker_s_by_now_is_not_saved(store: Store, outcome: Any) -> None:
    request = make_request()
    store.request(request)
    record = writer(store, request.id, held=False).close(outcome)
    assert record.status == "stopped"
    assert names(store, request.id) == {"request.json", "journal.jsonl"}
    (store.folder(request.id) / "journal.jsonl").unlink()
    writer(store, request.id, held=False).fail(ValueError("and so it is where it failed"))
    assert names(store, request.id) == {"request.json", "journal.jsonl"}


def test_the_record_that_another_has_published_is_the_one_that_counts(store: Store, outcome: Any) -> None:
    request = make_request()
    store.request(request)
    first = make_record(request.id, note="first")
    losing = writer(store, request.id, held=True)
    store.publish(first)
    assert losing.close(outcome) == first
    assert store.record(request.id) == first


def test_a_run_that_was_removed_meanwhile_ends_no_worker(store: Store, outcome: Any) -> None:
    request = make_request()
    store.request(request)
    losing = writer(store, request.id, held=False)
    store.remove(request.id)
    assert losing.close(outcome).id == request.id
    assert store.ids() == []


@pytest.mark.parametrize("log", ["full", "closed", "none"])
def test_a_log_that_cannot_be_written_hides_no_failed_record(
    store: Store, monkeypatch: pytest.MonkeyPatch, log: str
) -> None:
    request = make_request()
    store.request(request)
    writer = RunWriter(store, request, EngineCache(), lambda: True)
    with Path("/dev/full").open("wb", buffering=0) as full:
        stream = io.TextIOWrapper(full, write_through=True)
        if log == "closed":
            stream.close()
        monkeypatch.setattr(sys, "stderr", None if log == "none" else stream)
        try:
            raise RuntimeError("the backend complains")
        except RuntimeError as error:
            record = writer.fail(error)
        if log != "closed":
            stream.detach()
    assert record.status == "failed"
    run = store.read(request.id)
    assert (run.status, run.reason) == ("failed", "RuntimeError: the backend complains")
