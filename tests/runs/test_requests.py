"""Requesting, stopping and pausing runs, with real files, leases and processes, and no training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_lab.errors import DamagedRunError, UsageError
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import Planned
from mnist_lab.runs import requests
from mnist_lab.store import Run, Store, leases, run_queue
from tests.factories import OBEYED, ONE_WORKER, is_harmless, make_record, make_request, put, unreadable
from tests.processes import Holder, running

Hold = Callable[..., Holder]


def ask(store: Store) -> str:
    return requests.ask(store, plan.from_experiment(DEFAULT)).id


def order(store: Store) -> list[str]:
    return [run.id for run in run_queue.waiting(store)]


def test_what_is_asked_for_is_kept_as_it_was_asked(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    planned = Planned(DEFAULT.derive(units=64), "narrow", preset="relu", study="activation")
    request = requests.ask(
        store, planned, note="n", tags=["a", "b"], keep="record", data_file=Path("images.npz")
    )  # fmt: skip
    run = Store.locate(store.root).read(request.id)
    assert (run.status, run.request) == ("queued", request)
    assert request.experiment.units == 64
    assert request.data_file == str(tmp_path / "images.npz")
    assert (request.preset, request.study, request.note, request.tags, request.keep) == (
        "relu", "activation", "n", ("a", "b"), "record",
    )  # fmt: skip


def test_several_are_asked_for_in_their_order_with_what_is_to_be_measured(store: Store) -> None:
    measured = Planned(DEFAULT.derive(units=8), "small", measurements=frozenset({"gradient_norms"}))
    plans = [measured, Planned(DEFAULT, "baseline", "relu", "s")]
    asked = requests.ask_all(store, plans, ONE_WORKER, note="n", backend="jax")
    assert order(store) == [request.id for request in asked]
    assert [(one.experiment, one.preset, one.study) for one in asked] == [
        (plans[0].experiment, None, None),
        (DEFAULT, "relu", "s"),
    ]
    assert [one.measurements for one in asked] == [{"gradient_norms"}, set()]
    assert {(one.note, one.backend) for one in asked} == {("n", "jax")}
    assert requests.ask_all(store, [], ONE_WORKER) == []


def test_runs_wait_in_the_order_they_were_asked_for(store: Store) -> None:
    asked = [ask(store) for _ in range(4)]
    assert order(store) == asked


def test_a_name_that_is_no_text_keeps_no_one_from_asking(store: Store) -> None:
    planned = plan.from_experiment(DEFAULT)
    request = requests.ask(store, planned, note="n\udce9", tags=["t\udce9"], data_file=Path("images\udce9.npz"))
    run = store.read(request.id)
    assert run.request is not None
    assert (run.request.note, run.request.tags) == ("n", ("t",))
    assert run.request.data_file is None


# Stopping


def test_a_run_that_waits_is_stopped_at_once(store: Store) -> None:
    run_id = ask(store)
    store.set_flag(run_id, "pause")
    requests.stop(store, run_id)
    run = store.read(run_id)
    assert (run.status, run.reason) == ("stopped", "It was stopped before it began.")
    assert run.record is not None
    assert (run.record.epochs_run, run.record.experiment) == (0, DEFAULT)
    assert leases.holder(store.folder(run_id)) is None
    assert not store.has_flag(run_id, "stop")


def test_a_running_run_is_asked_to_stop(store: Store, hold: Hold) -> None:
    run_id = ask(store)
    hold(store.folder(run_id))
    requests.stop(store, run_id)
    assert store.has_flag(run_id, "stop")
    assert store.read(run_id).status == "running"


@pytest.mark.parametrize("how", ["finished", "died", "damaged"])
def test_what_has_ended_is_neither_stopped_nor_paused_nor_resumed(store: Store, hold: Hold, how: str) -> None:
    run_id = put(store.root, "request.json", b"{") if how == "damaged" else ask(store)
    if how == "finished":
        store.publish(make_record(run_id))
    if how == "died":
        hold(store.folder(run_id)).kill()
    kind = DamagedRunError if how == "damaged" else UsageError
    before = sorted(store.folder(run_id).rglob("*"))
    for set_flag in (requests.stop, requests.pause):
        with pytest.raises(kind, match=f"^Run {run_id} has already ended: it is {how}.$"):
            set_flag(store, run_id)
    with pytest.raises(kind, match=f"^Run {run_id} is not paused: it is {how}.$"):
        requests.resume(store, run_id)
    assert sorted(store.folder(run_id).rglob("*")) == before


def test_nothing_is_done_to_a_run_that_cannot_be_read(store: Store) -> None:
    run_id = ask(store)
    waiting = store.read(run_id)
    store.publish(make_record(run_id))
    said = f"^Run {run_id} is left as it is, for it cannot be read just now. run.json cannot be read: "
    with unreadable(store.folder(run_id) / "run.json"):
        before = sorted(store.folder(run_id).rglob("*"))
        for set_flag in (requests.stop, requests.pause, requests.resume, requests.retry):
            with pytest.raises(DamagedRunError, match=said):
                set_flag(store, run_id)
        with pytest.raises(DamagedRunError, match=said):
            requests.withdraw(store, waiting)  # as it was seen before
        assert not requests.withdraw(store, store.read(run_id))
        assert store.ids() == [run_id]
        assert {path for path in store.folder(run_id).rglob("*") if path.name != "lock"} == set(before)
    assert store.read(run_id).status == "finished"


def test_a_run_that_finishes_while_it_is_being_stopped_stays_finished(store: Store) -> None:
    run_id = ask(store)
    record = make_record(run_id)

    class Late(Store):
        """A store whose run ends right after it was seen to wait."""

        def read(self, run_id: str) -> Run:
            seen = super().read(run_id)
            if not seen.ended:
                self.publish(record)
            return seen

    with pytest.raises(UsageError, match="has already ended: it is finished"):
        requests.stop(Late.locate(store.root), run_id)
    assert store.record(run_id) == record
    assert leases.holder(store.folder(run_id)) is None


def test_a_stop_that_cannot_be_saved_leaves_the_run_waiting(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = ask(store)

    def full(_store: Store, _record: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Store, "publish", full)
        with pytest.raises(OSError):  # noqa: PT011
            requests.stop(store, run_id)
    assert store.read(run_id).status == "queued"
    requests.stop(store, run_id)
    assert store.read(run_id).status == "stopped"


STOP = """
import sys
from pathlib import Path
from mnist_lab.runs import requests
from mnist_lab.errors import UsageError
from mnist_lab.store import Store
from mnist_lab.store import leases
store = Store.locate(Path(sys.argv[1]))
print("ready", flush=True)
for run_id in sys.stdin:
    run_id = run_id.strip()
    if sys.argv[2] == "stop":
        try:
            requests.stop(store, run_id)
            print("stopped" if store.read(run_id).record else "flagged", flush=True)
        except UsageError:
            print("flagged", flush=True)
    else:
        lease = leases.take(store.folder(run_id))
        taken = lease is not None and not store.read(run_id).ended
        print("taken" if taken else "refused", flush=True)
"""


def test_a_run_is_either_taken_by_a_worker_or_stopped_before_it_began(store: Store) -> None:
    outcomes = set()
    with running(STOP, store.root, "stop") as frontend, running(STOP, store.root, "take") as worker:
        assert (frontend.hear(), worker.hear()) == ("ready", "ready")
        for number in range(15):
            run_id = ask(store)
            both = (frontend, worker) if number % 2 else (worker, frontend)
            for one in both:
                one.tell(run_id)
            outcomes.add((frontend.hear(), worker.hear()))
    assert outcomes <= {("stopped", "refused"), ("flagged", "taken")}


# Pausing and the order


def test_a_paused_run_that_waits_is_not_started_until_it_is_resumed(store: Store) -> None:
    first, second = ask(store), ask(store)
    requests.pause(store, first)
    requests.pause(store, first)
    assert store.read(first).status == "paused"
    assert order(store) == [second]
    requests.resume(store, first)
    assert order(store) == [first, second]
    with pytest.raises(UsageError, match="is not paused: it is queued"):
        requests.resume(store, first)


def test_a_running_run_is_paused_and_resumed_by_flags(store: Store, hold: Hold) -> None:
    run_id = ask(store)
    hold(store.folder(run_id))
    requests.pause(store, run_id)
    assert store.has_flag(run_id, "pause")
    assert store.read(run_id).status == "paused"
    requests.resume(store, run_id)
    assert store.read(run_id).status == "running"


def test_waiting_runs_change_places(store: Store) -> None:
    one, two, three = (ask(store) for _ in range(3))
    requests.move(store, three, -1)
    assert order(store) == [one, three, two]
    requests.move(store, one, 1)
    assert order(store) == [three, one, two]
    requests.move(store, three, -1)
    requests.move(store, two, 1)
    assert order(store) == [three, one, two]
    requests.put_first(store, [two, one])
    assert order(store) == [two, one, three]
    later = ask(store)
    assert order(store) == [two, one, three, later]
    requests.pause(store, one)
    with pytest.raises(UsageError, match="does not wait in the queue: it is paused"):
        requests.move(store, one, -1)


# Notes


def test_a_note_is_replaced_and_nothing_else(store: Store) -> None:
    run_id = ask(store)
    with pytest.raises(DamagedRunError, match="it is queued"):
        requests.describe(store, run_id, "too early", ())
    record = make_record(run_id, note="old", tags=("t",))
    store.publish(record)
    requests.describe(store, run_id, f"new\nlines {OBEYED}", [f" a  b {OBEYED}"])
    changed = store.record(run_id)
    assert changed.note.startswith("new\nlines red")
    assert changed.tags[0].startswith("a b red")
    assert is_harmless(changed.note + changed.tags[0])
    assert changed.model_copy(update={"note": "old", "tags": ("t",)}) == record


def test_requests_made_by_others_are_served_too(store: Store) -> None:
    request = make_request()
    Store.locate(store.root).request(request)
    assert order(store) == [request.id]
