"""What a worker writes of a run that fails: its record, whatever becomes of the log."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from mnist_lab.store import Store
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.run_writer import RunWriter
from tests.factories import make_request


@pytest.mark.parametrize("log", ["full", "closed", "none"])
def test_a_log_that_cannot_be_written_hides_no_failed_record(
    store: Store, monkeypatch: pytest.MonkeyPatch, log: str
) -> None:
    request = make_request()
    store.request(request)
    writer = RunWriter(store, request, EngineCache())
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
