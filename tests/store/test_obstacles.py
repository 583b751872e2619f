"""Waiting runs that no worker can start say why."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mnist_lab.store import Store, run_queue
from tests.factories import make_request
from tests.processes import DROP_PRIVILEGES, output_of

AS_ANOTHER_USER = (
    """
import sys
from pathlib import Path
from mnist_lab.store import Store, registry, run_queue
"""
    + DROP_PRIVILEGES
    + """
for run in run_queue.waiting(Store.locate(Path(sys.argv[1]))):
    print(run.status, run.reason)
"""
)


def obstruct(folder: Path, obstacle: str) -> None:
    """Put something into a waiting run's folder that keeps workers from starting it."""
    match obstacle:
        case "lock":
            (folder / "lock").mkdir()
        case "journal.jsonl":
            (folder / "journal.jsonl").write_bytes(b"")


@pytest.mark.parametrize("obstacle", ["lock", "journal.jsonl"])
def test_a_run_that_no_worker_can_start_waits_with_a_reason_until_it_can(store: Store, obstacle: str) -> None:
    request = make_request()
    store.request(request)
    queue = run_queue.Queue(store)
    [run] = queue.waiting()
    assert run.reason == ""
    obstruct(store.folder(request.id), obstacle)
    [run] = queue.waiting()
    assert (run.status, obstacle in run.reason) == ("queued", True)
    path = store.folder(request.id) / obstacle
    path.rmdir() if path.is_dir() else path.unlink()
    [run] = queue.waiting()
    assert run.reason == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_run_whose_folder_or_lock_only_another_user_may_write_says_so(shared_folder: Path) -> None:
    store = Store.locate(shared_folder / "runs")
    store.prepare()
    requests = [make_request() for _ in range(3)]
    for request in requests:
        store.request(request)
    private, locked, free = (store.folder(request.id) for request in requests)
    store.root.chmod(0o777)
    for folder in (locked, free):
        folder.chmod(0o777)
    (locked / "lock").touch(0o600)
    lines = output_of(AS_ANOTHER_USER, store.root).splitlines()
    assert private.stat().st_mode & 0o777 == 0o755
    assert "you may not write in its folder" in lines[0]
    assert "you may not write lock" in lines[1]
    assert lines[2] == "queued "
    store.root.chmod(0o755)
    assert set(output_of(AS_ANOTHER_USER, store.root).splitlines()[:2]) >= {"queued "}, "that is said of the folder"
