"""Every command in a folder in which others have put what never ends to be read in the place of files."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.lab import SMALL, Lab
from tests.factories import make_record, make_request
from tests.imposters import IMPOSTERS, put_in_place
from tests.processes import Holder

OF_A_RUN = ("run.json", "request.json", "journal.jsonl", "rank", "lock", "predictions.npz", "worker.log")


def fill(lab: Lab, hold: Callable[..., Holder], imposter: str) -> str:
    """A folder with a healthy run, whose id is returned, and for each file one that has an imposter in its place."""
    lab.runs.mkdir()
    healthy = make_record()
    lab.store.request(make_request(healthy.id))
    lab.store.publish(healthy)
    for name in OF_A_RUN:
        for state in ("finished", "died"):
            request = make_request()
            lab.store.request(request)
            if state == "finished":
                lab.store.publish(make_record(request.id))
            else:
                hold(lab.store.folder(request.id)).kill()
            put_in_place(lab.store.folder(request.id) / name, imposter)
    for name in ("studies/units.json", ".workers/worker.log", ".workers/prefetch.json"):
        put_in_place(lab.runs / name, imposter)
    return healthy.id


@pytest.mark.parametrize("imposter", IMPOSTERS)
def test_what_is_read_is_read_at_once(own_lab: Lab, hold: Callable[..., Holder], imposter: str) -> None:
    healthy = fill(own_lab, hold, imposter)
    for command in (
        ("runs", "list"),
        ("runs", "list", "--json"),
        ("runs", "show", healthy[-6:]),
        ("compare",),
        ("compare", "--json"),
        ("study", "list"),
        ("worker", "list"),
        ("report", "--out", str(own_lab.runs.parent / "report")),
    ):
        own_lab(*command)
    assert healthy in own_lab("runs", "list", "--json").out
    odd = [run.id for run in own_lab.store.runs() if run.status == "damaged"]
    assert len(odd) == 2  # those whose record is no file
    for run_id in odd:
        assert "run.json is damaged: it is " in own_lab("runs", "show", run_id).out
        own_lab("runs", "watch", run_id, code=1)
    own_lab("runs", "prune", "--yes")
    left = own_lab.store.runs()
    assert {run.status for run in left} == {"finished"}
    assert healthy in [run.id for run in left]


@pytest.mark.parametrize("imposter", IMPOSTERS)
def test_records_that_are_no_file_are_refused_in_a_sentence(lab: Lab, tmp_path: Path, imposter: str) -> None:
    path = tmp_path / "records.jsonl.gz"
    put_in_place(path, imposter)
    said = lab.refused("report", "--records", path, "--out", tmp_path / "out", code=3)
    assert "could not be read: " in said
    assert not (tmp_path / "out").exists()


def test_a_worker_trains_what_can_be_trained(own_lab: Lab, hold: Callable[..., Holder]) -> None:
    fill(own_lab, hold, "FIFO")
    [record] = own_lab.records(*SMALL)
    assert record["status"] == "finished"


def test_keys_of_this_user_are_not_opened_by_asking_for_a_run(own_lab: Lab, tmp_path: Path) -> None:
    own_lab.runs.mkdir()
    own_lab.runs.chmod(0o777)
    mine = tmp_path / "id_ed25519"
    mine.write_text("secret\n")
    mine.chmod(0o600)
    (own_lab.runs / ".workers").mkdir()
    (own_lab.runs / ".workers" / "worker.log").symlink_to(mine)
    waiting = make_request()
    own_lab.store.request(waiting)
    (own_lab.store.folder(waiting.id) / "lock").symlink_to(mine)
    process = own_lab.start("run", *SMALL, "--json")
    try:
        process.wait(60)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert mine.read_text() == "secret\n"
    assert mine.stat().st_mode & 0o777 == 0o600
    assert os.listdir(own_lab.store.folder(waiting.id))  # noqa: PTH208
