"""Runs of hosts that are gone are given up, and nothing that lives is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mnist_lab.errors import UsageError
from mnist_lab.runs import requests
from mnist_lab.store import Store, leases, lost, run_queue
from tests.factories import elsewhere, make_record, make_request, put
from tests.processes import Holder

Hold = Callable[..., Holder]


@pytest.fixture
def silent(store: Store, hold: Hold) -> str:
    """A run on another host that has been silent for an hour."""
    run_id = make_request().id
    store.request(make_request(run_id))
    hold(store.folder(run_id)).kill()
    elsewhere(store.folder(run_id))
    return run_id


def test_a_run_that_is_given_up_waits_again_and_can_be_removed(store: Store, silent: str) -> None:
    assert store.read(silent).silent_since is not None
    lost.give_up(store, silent)
    assert store.read(silent).status == "queued"
    assert [run.id for run in run_queue.waiting(store)] == [silent]
    store.remove(silent)
    assert store.ids() == []


def test_one_that_was_to_be_stopped_ends_at_once(store: Store, silent: str) -> None:
    requests.stop(store, silent)
    assert store.read(silent).status == "running"
    requests.give_up(store, silent)
    assert store.read(silent).status == "stopped"


def test_one_whose_request_is_damaged_can_be_pruned_then(store: Store, hold: Hold) -> None:
    run_id = put(store.root, "request.json", b"{")
    hold(store.folder(run_id)).kill()
    elsewhere(store.folder(run_id))
    lost.give_up(store, run_id)
    assert store.read(run_id).useless
    assert store.prune(run_id) is None


def test_what_is_not_silent_is_not_given_up(store: Store, hold: Hold) -> None:
    waiting, alive, died, finished, heard = (make_request().id for _ in range(5))
    for run_id in (waiting, alive, died, finished, heard):
        store.request(make_request(run_id))
    hold(store.folder(alive))
    hold(store.folder(died)).kill()
    store.publish(make_record(finished))
    hold(store.folder(heard)).kill()
    elsewhere(store.folder(heard), silent=5)
    for run_id, reason in {
        waiting: "is held by no worker: it is queued",
        alive: "is alive; `mnist-lab runs stop",
        died: "is held by no worker: it is died",
        finished: "is held by no worker: it is finished",
        heard: "on another host, which reported 5.",
    }.items():
        with pytest.raises(UsageError, match=reason):
            lost.give_up(store, run_id)
    before = store.runs()
    assert lost.give_up_lost(store, before, 30) == []
    assert store.runs() == before


def test_those_that_were_silent_for_long_are_given_up_by_the_clock_of_the_file_system(
    store: Store, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)  # a host whose clock is wrong
    assert lost.give_up_lost(store, store.runs(), 3700) == []
    assert lost.give_up_lost(store, store.runs(), 3500) == [silent]
    assert store.read(silent).status == "queued"
    assert lost.give_up_lost(store, store.runs(), 3500) == []


def test_two_who_give_up_at_once_do_not_take_it_from_the_worker_that_has_it_since(store: Store, silent: str) -> None:
    folder = store.folder(silent)
    before = leases.holder(folder)
    assert before is not None
    assert leases.revoke(folder, before.owner)
    lease = leases.take(folder)
    assert lease is not None
    assert not leases.revoke(folder, before.owner)
    assert store.read(silent).status == "running"
    assert lease.keep()
    lease.release(remove_lock=True)
    assert [path.name for path in folder.iterdir()] == ["request.json"]
