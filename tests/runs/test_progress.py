"""Runs seen from outside: what their journals and folders say, folded into one value."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from mnist_lab.experiments.events import Ended, EpochEnded, Event, Paused, PhaseStarted, Progressed, Resumed, to_line
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import METRICS, Result
from mnist_lab.runs.progress import JournalFollower, RunSnapshot, total_done
from mnist_lab.store import Run, Store
from mnist_lab.store.ids import new_id
from mnist_lab.store.journal import JournalWriter
from tests.factories import make_record, make_request, make_view, put, unreadable
from tests.processes import Holder

Hold = Callable[..., Holder]
FOUR = DEFAULT.derive(epochs=4)


def epoch(number: int, val_loss: float = 0.1, seconds: float = 2.0) -> EpochEnded:
    return EpochEnded(
        at=number, epoch=number, loss=0.2, accuracy=0.9, val_loss=val_loss, val_accuracy=0.95, seconds=seconds
    )


def progress(number: int, step: int, steps: int = 10) -> Progressed:
    return Progressed(at=number, epoch=number, step=step, steps=steps, loss=0.5, accuracy=0.8)


def seen(*events: Event, **fields: Any) -> RunSnapshot:
    view = make_view(**{"experiment": FOUR, "status": "running"} | fields)
    for event in events:
        view = view.after(event)
    return view


def journal_of(store: Store, run_id: str, *events: Event) -> None:
    with store.journal_path(run_id).open("ab") as journal:
        journal.write(b"".join(map(to_line, events)))


def follow(store: Store, *run_ids: str) -> JournalFollower:
    return JournalFollower(store, {run_id: run_id[-4:] for run_id in run_ids})


# One view


def test_before_anything_happened_nothing_is_known() -> None:
    view = RunSnapshot(Run("X", "queued"), "x")
    assert (view.done, view.seconds_left, view.best_epoch, view.epochs_done) == (0.0, None, None, 0)
    assert seen().done == 0.0


def test_a_phase_is_named_until_steps_are_trained() -> None:
    assert seen(PhaseStarted(at=0, phase="compiling")).phase == "compiling"
    assert seen(PhaseStarted(at=0, phase="compiling"), PhaseStarted(at=0, phase="training")).phase == ""
    assert seen(PhaseStarted(at=0, phase="compiling"), progress(1, 1)).phase == ""
    assert seen(PhaseStarted(at=0, phase="compiling"), epoch(1)).phase == ""
    assert seen(Ended(at=0, event="finished", epoch=4)).phase == "saving"


def test_a_training_that_starts_again_has_each_epoch_once() -> None:
    view = seen(epoch(1, 0.4), epoch(2, 0.3), PhaseStarted(at=0, phase="loading"), epoch(1, 0.2, seconds=5.0))
    assert (view.epochs_done, view.epoch, view.history["val_loss"], view.seconds) == (1, 1, [0.2], (5.0,))
    assert view.after(epoch(2, 0.1)).history["val_loss"] == [0.2, 0.1]


def test_progress_is_that_of_the_epoch_it_is_in() -> None:
    view = seen(progress(1, 5))
    assert (view.epoch, view.step, view.steps, view.loss, view.accuracy) == (1, 5, 10, 0.5, 0.8)
    assert view.done == 0.5 / 4
    view = seen(progress(1, 10), epoch(1))
    assert view.done == 1 / 4
    assert seen(progress(1, 10), epoch(1), progress(2, 5)).done == 1.5 / 4
    assert seen(progress(1, 1000)).done == 1.0
    assert seen(progress(1, 0, steps=0)).done == 0.0
    assert seen(epoch(1), status="finished").done == 1.0


def test_the_curves_grow_an_epoch_at_a_time() -> None:
    view = seen(epoch(1, 0.3), epoch(2, 0.2, seconds=4.0))
    assert view.history == {
        "loss": [0.2, 0.2],
        "accuracy": [0.9, 0.9],
        "val_loss": [0.3, 0.2],
        "val_accuracy": [0.95, 0.95],
    }
    assert view.seconds == (2.0, 4.0)
    assert view.up_to(1).history["val_loss"] == [0.3]
    assert view.up_to(1).seconds == (2.0,)
    assert seen().history["loss"] == []


def test_the_time_left_is_that_of_the_epochs_left_at_the_median_pace() -> None:
    view = seen(epoch(1, seconds=9.0), epoch(2, seconds=2.0), epoch(3, seconds=2.0))
    assert view.seconds_left == 2.0
    assert seen(epoch(1), progress(2, 5)).seconds_left == 5.0
    assert seen(progress(1, 5)).seconds_left is None
    assert seen(epoch(1), Paused(at=2)).seconds_left is None


@pytest.mark.parametrize(
    ("losses", "best"),
    [
        ([], None),
        ([0.3, 0.1, 0.2], 2),
        ([0.1, 0.1], 1),
        ([math.nan, 0.5], 2),
        ([math.inf, 0.5], 2),
        ([0.5, math.nan], 1),
        ([math.nan], None),
        ([math.inf, math.nan], None),
    ],
)
def test_the_best_epoch_so_far_is_the_lowest_and_never_nan(losses: list[float], best: int | None) -> None:
    assert seen(*(epoch(number, loss) for number, loss in enumerate(losses, 1))).best_epoch == best


def test_a_pause_is_seen_and_its_end_too() -> None:
    assert seen(Paused(at=0)).status == "paused"
    assert seen(Paused(at=0), Resumed(at=1)).status == "running"


def test_runs_together_are_done_by_their_epochs() -> None:
    one = seen(epoch(1), epoch(2))
    long = make_view("Y", experiment=DEFAULT.derive(epochs=12))
    assert total_done([one, long]) == 2 / 16
    assert total_done([one, RunSnapshot(Run("Z", "damaged"), "?")]) == 0.5
    assert total_done([]) == total_done([RunSnapshot(Run("Z", "damaged"), "?")]) == 0.0


# Following


def test_a_run_is_followed_from_the_queue_to_its_record(store: Store, hold: Hold) -> None:
    request = make_request(experiment=FOUR, study="width")
    run_id = request.id
    store.request(request)
    follower = follow(store, run_id)
    assert follower.poll() == []
    view = follower.views[run_id]
    assert (view.status, view.experiment, view.study, view.label) == ("queued", FOUR, "width", run_id[-4:])

    holder = hold(store.folder(run_id))
    events = [PhaseStarted(at=0, phase="importing"), progress(1, 3), epoch(1, 0.4)]
    with JournalWriter(store.journal_path(run_id)) as journal:
        for event in events:
            journal.write(event)
            assert follower.poll() == [(run_id, event)]
    assert follower.poll() == []
    view = follower.views[run_id]
    assert (view.status, view.epochs_done, view.ended) == ("running", 1, False)
    store.set_flag(run_id, "pause")
    follower.poll()
    assert follower.views[run_id].status == "paused"
    store.clear_flag(run_id, "pause")

    record = make_record(run_id, best_epoch=2, stopped_early=True, changes={"epochs": 4, "early_stopping": True})
    store.publish(record)
    journal_of(store, run_id, epoch(2, 0.3), Ended(at=9, event="finished", epoch=2))
    holder.kill()
    assert [event for _, event in follower.poll()] == [epoch(2, 0.3), Ended(at=9, event="finished", epoch=2)]
    view = follower.views[run_id]
    assert follower.ended
    assert (view.status, view.phase, view.record, view.done) == ("finished", "", record, 1.0)
    assert (view.best_epoch, view.stopped_early, view.epoch) == (2, True, 2)
    assert view.history == record.history
    assert view.seconds == (0.3, 0.2)
    assert follower.poll() == []


def test_what_a_run_said_before_its_worker_was_killed_stays_to_be_seen(store: Store, hold: Hold) -> None:
    request = make_request(experiment=FOUR)
    store.request(request)
    holder = hold(store.folder(request.id))
    journal_of(store, request.id, PhaseStarted(at=0, phase="compiling"), epoch(1, 0.4))
    with store.journal_path(request.id).open("ab") as journal:
        journal.write(to_line(epoch(2, 0.2))[:-9])
    follower = follow(store, request.id)
    follower.poll()
    assert not follower.ended
    holder.kill()
    assert follower.poll() == []
    view = follower.views[request.id]
    assert (view.status, view.phase, view.epochs_done, view.history["val_loss"]) == ("died", "", 1, [0.4])
    assert "killed or crashed" in view.reason
    assert follower.ended


def test_a_run_that_never_had_figures_ends_all_the_same(store: Store) -> None:
    record = make_record(status="failed", reason="No images.", history={}, epochs_run=0, result=Result())
    store.request(make_request(record.id))
    store.publish(record)
    follower = follow(store, record.id)
    follower.poll()
    view = follower.views[record.id]
    assert (view.status, view.reason, view.epochs_done, view.best_epoch) == ("failed", "No images.", 0, None)
    assert view.history["loss"] == []


def test_damaged_and_removed_runs_have_ended_with_their_reason(store: Store) -> None:
    request = make_request()
    store.request(request)
    damaged, removed, never = put(store.root, "request.json", b"{"), request.id, new_id()
    follower = follow(store, damaged, removed, never)
    follower.poll()
    assert follower.views[removed].status == "queued"
    assert follower.views[damaged].reason.startswith("request.json is damaged")
    assert follower.views[damaged].experiment is None
    store.remove(removed)
    follower.poll()
    assert {follower.views[run_id].reason for run_id in (removed, never)} == {"It was removed."}
    assert follower.ended


def test_a_run_that_is_trained_again_begins_anew(store: Store) -> None:
    request = make_request()
    store.request(request)
    follower = follow(store, request.id)
    with JournalWriter(store.journal_path(request.id)) as lost:
        lost.write(PhaseStarted(at=0, phase="importing"))
        lost.write(PhaseStarted(at=0, phase="compiling"))
        follower.poll()
        assert follower.views[request.id].phase == "compiling"
        store.set_aside(request.id)
        with JournalWriter(store.journal_path(request.id)) as again:
            again.write(PhaseStarted(at=1, phase="loading"))
            lost.write(PhaseStarted(at=1, phase="evaluating"))
            store.set_flag(request.id, "pause")  # whatever happens to a waiting run shows in its folder
            assert [event.at for _, event in follower.poll()] == [1]
    view = follower.views[request.id]
    assert view.phase == "loading"
    assert view.history["loss"] == []


def test_a_run_that_cannot_be_read_for_a_while_has_not_ended_and_stays_what_it_was(store: Store) -> None:
    request = make_request(study="activation")
    store.request(request)
    follower = follow(Store(store.root), request.id)
    follower.poll()
    store.publish(make_record(request.id))
    with unreadable(store.folder(request.id) / "run.json"):
        follower.poll()
        view = follower.views[request.id]
        assert (view.status, view.experiment, view.study) == ("unreadable", DEFAULT, "activation")
        assert view.reason.startswith("run.json cannot be read: ")
        assert (view.ended, view.live, follower.ended) == (False, False, False)
        with unreadable(store.folder(request.id) / "request.json"):
            again = JournalFollower(Store(store.root), {})
            again.add(view)
            again.poll()
            assert again.views[request.id].experiment == DEFAULT
    follower.poll()
    assert (follower.views[request.id].status, follower.views[request.id].reason) == ("finished", "")


def test_a_view_that_has_not_changed_stays_the_same_value(store: Store, hold: Hold) -> None:
    request = make_request()
    store.request(request)
    hold(store.folder(request.id))
    journal_of(store, request.id, progress(1, 1).model_copy(update={"loss": math.nan}), epoch(1, math.nan))
    follower = follow(store, request.id)
    follower.poll()
    before = follower.views[request.id]
    follower.poll()
    assert follower.views[request.id] is before
    journal_of(store, request.id, epoch(2))
    follower.poll()
    assert follower.views[request.id] is not before


def test_a_view_is_brought_in_line_only_where_the_folder_differs(store: Store) -> None:
    """Compared by value, a view with a NaN differs from itself, and would be drawn anew at each look."""
    request = make_request(experiment=FOUR)
    store.request(request)
    run = store.read(request.id)
    view = RunSnapshot.of(run).after(progress(1, 1).model_copy(update={"loss": math.nan})).after(epoch(1, math.nan))
    assert view.at(store.read(request.id)) is view
    store.move(request.id, -1)
    assert view.at(store.read(request.id)).rank == -1
    assert view == view.at(run) != replace(view)


def test_runs_are_followed_and_dropped_while_others_go_on(store: Store) -> None:
    one, other = make_request(), make_request()
    for request in (one, other):
        store.request(request)
    follower = follow(store, one.id)
    follower.add(RunSnapshot(Run(other.id, "queued"), "other"))
    journal_of(store, other.id, PhaseStarted(at=0, phase="loading"))
    assert [run_id for run_id, _ in follower.poll()] == [other.id]
    assert follower.views[other.id].experiment == DEFAULT
    follower.drop(one.id)
    follower.drop(one.id)
    assert list(follower.views) == [other.id]
    assert set(follower.views[other.id].history) == set(METRICS)


@pytest.mark.parametrize("change", ["taken", "paused", "moved", "ended", "removed"])
def test_whatever_happens_to_a_run_that_has_waited_for_long_is_seen(store: Store, hold: Hold, change: str) -> None:
    request = make_request()
    store.request(request)
    follower = follow(store, request.id)
    long_ago = 1_700_000_000
    os.utime(store.folder(request.id), (long_ago, long_ago))
    for _ in range(3):
        follower.poll()
    before = follower.views[request.id]
    assert before.status == "queued"
    match change:
        case "taken":
            hold(store.folder(request.id))
        case "paused":
            store.set_flag(request.id, "pause")
        case "moved":
            store.move(request.id, -1)
        case "ended":
            store.publish(make_record(request.id))
        case "removed":
            store.remove(request.id)
    follower.poll()
    seen_now = follower.views[request.id]
    expected = {"taken": "running", "paused": "paused", "moved": "queued", "ended": "finished", "removed": "damaged"}
    assert seen_now.status == expected[change]
    assert seen_now.rank == {"moved": -1, "paused": before.rank}.get(change, 0)
