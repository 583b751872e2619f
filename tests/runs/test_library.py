from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from contextlib import suppress

from mnist_lab.errors import RecordExistsError
from mnist_lab.experiments.events import Event, PhaseStarted, Progressed, to_line
from mnist_lab.runs.library import Library
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store
from tests.factories import make_record, make_request, put, unreadable
from tests.processes import Holder, eventually

Hold = Callable[..., Holder]


def training(store: Store, hold: Hold) -> str:
    """A run in whose folder somebody trains."""
    request = make_request()
    store.request(request)
    hold(store.folder(request.id))
    return request.id


def journal_of(store: Store, run_id: str, event: Event) -> None:
    with store.journal_path(run_id).open("ab") as journal:
        journal.write(to_line(event))


def progress(step: int) -> Progressed:
    return Progressed(at=0, epoch=1, step=step, steps=469, loss=0.5, accuracy=0.8)


def test_it_knows_every_run_in_the_order_of_asking(store: Store) -> None:
    first, second = make_request(), make_request()
    store.request(second)
    store.request(first)
    library = Library(store)
    assert library.refresh()
    assert list(library.views) == [first.id, second.id]
    assert {view.status for view in library.views.values()} == {"queued"}


def test_nothing_new_leaves_the_very_same_views(store: Store) -> None:
    store.request(make_request())
    library = Library(store)
    library.refresh()
    before = library.views
    assert not library.refresh()
    assert library.views is before


def test_a_run_asked_for_right_after_a_look_is_seen_at_the_next(store: Store) -> None:
    library = Library(store)
    for count in range(1, 30):
        store.request(make_request())
        library.refresh()
        assert len(library.views) == count


def test_a_run_that_ends_shows_its_record(store: Store) -> None:
    request = make_request()
    store.request(request)
    library = Library(store)
    library.refresh()
    store.publish(make_record(request.id))
    assert library.refresh()
    assert library.views[request.id].status == "finished"
    assert library.views[request.id].record is not None


def test_an_ended_run_is_not_read_again(store: Store) -> None:
    record = make_record()
    store.request(make_request(record.id))
    store.publish(record)
    library = Library(store)
    library.refresh()
    (store.folder(record.id) / "run.json").write_bytes(b"damaged since")
    library.refresh()
    assert library.views[record.id].status == "finished"
    assert [view.status for view in library.reread(record.id).changed] == ["damaged"]
    assert library.views[record.id].status == "damaged"


def test_a_run_that_cannot_be_read_is_looked_at_again_until_it_can(store: Store) -> None:
    finished, waiting = make_record(), make_request()
    store.request(make_request(finished.id))
    store.publish(finished)
    store.request(waiting)
    library = Library(store)
    with unreadable(store.folder(finished.id) / "run.json"), unreadable(store.folder(waiting.id) / "request.json"):
        library.refresh()
        assert {view.status for view in library.views.values()} == {"unreadable"}
        assert library.views[finished.id].reason.startswith("run.json cannot be read: ")
        assert not library.refresh()
    assert library.refresh()
    assert [view.status for view in library.views.values()] == ["finished", "queued"]
    assert library.views[finished.id].record == finished
    assert {view.label for view in library.views.values()} == {"baseline"}
    assert {view.reason for view in library.views.values()} == {""}


def test_a_removed_run_is_gone(store: Store) -> None:
    requests = [make_request() for _ in range(3)]
    for request in requests:
        store.request(request)
    library = Library(store)
    library.refresh()
    store.remove(requests[1].id)
    assert library.refresh()
    assert list(library.views) == [requests[0].id, requests[2].id]


def test_what_is_new_changed_and_gone_is_told_once(store: Store) -> None:
    requests = [make_request() for _ in range(3)]
    for request in requests:
        store.request(request)
    library = Library(store)
    first = library.refresh()
    assert [view.id for view in first.new] == [request.id for request in requests]
    assert (first.changed, first.gone) == ([], [])
    late, ended, removed = make_request(), requests[0].id, requests[1].id
    before = library.views[removed]
    store.request(late)
    store.publish(make_record(ended))
    store.remove(removed)
    changes = library.refresh()
    assert [view.id for view in changes.new] == [late.id]
    assert [(view.id, view.status) for view in changes.changed] == [(ended, "finished")]
    assert [view is before for view in changes.gone] == [True]
    assert {view.id: view for view in (*changes.new, *changes.changed)}.items() < library.views.items()
    assert not library.refresh()


def test_changes_make_the_very_views_whatever_happens(store: Store) -> None:
    library, kept = Library(store), dict[str, RunSnapshot]()
    draw = random.Random(3)
    for _ in range(60):
        ids = store.ids()
        match draw.choice(["request", "request", "publish", "remove", "reread"]):
            case "request":
                store.request(make_request())
            case "publish" if ids:
                with suppress(RecordExistsError):
                    store.publish(make_record(draw.choice(ids)))
            case "remove" if ids:
                store.remove(draw.choice(ids))
        changes = library.reread(draw.choice(ids)) if ids and draw.random() < 0.2 else library.refresh()
        for view in changes.gone:
            del kept[view.id]
        assert not kept.keys() & {view.id for view in changes.new}
        assert kept.keys() >= {view.id for view in changes.changed}
        kept |= {view.id: view for view in (*changes.new, *changes.changed)}
        assert kept == library.views
    assert library.refresh() or list(library.views) == store.ids()


def test_a_folder_that_vanishes_and_comes_back_is_survived(store: Store) -> None:
    store.request(make_request())
    library = Library(store)
    library.refresh()
    shutil.rmtree(store.root)
    library.refresh()
    store.root.mkdir()
    store.request(make_request())
    library.refresh()
    assert len(library.views) == 1


def test_what_only_goes_on_is_passed_on_at_a_pace_and_in_the_end(store: Store, hold: Hold) -> None:
    run_id = training(store, hold)
    library = Library(store)
    since = time.monotonic()
    text = 0
    for step in range(200):
        journal_of(store, run_id, progress(step))
        text += bool(library.refresh())
    assert text <= 2 + (time.monotonic() - since) / 0.5
    assert eventually(lambda: bool(library.refresh()) or library.views[run_id].step == 199)
    assert library.views[run_id].step == 199


def test_what_a_run_begins_is_passed_on_at_once_with_all_before(store: Store, hold: Hold) -> None:
    run_id = training(store, hold)
    library = Library(store)
    library.refresh()
    for number, phase in enumerate(("importing", "loading", "compiling", "evaluating", "saving"), 1):
        journal_of(store, run_id, progress(number))
        library.refresh()
        journal_of(store, run_id, PhaseStarted(at=0, phase=phase))
        assert library.refresh()
        assert library.views[run_id].step == number
        assert library.views[run_id].phase == phase


def test_many_runs_are_read_as_each_would_be(store: Store) -> None:
    records = [make_record(note=f"note {number}", changes={"seed": number}) for number in range(1200)]
    for record in records:
        put(store.root, "run.json", record.model_dump_json(by_alias=True).encode(), record.id)
    put(store.root, "run.json", b"{", damaged := make_record().id)
    library = Library(store)
    library.refresh()
    assert [view.record for view in library.views.values()] == [*records, None]
    assert library.views[damaged].status == "damaged"
    assert list(library.views) == store.ids() == [run.id for run in store.runs()]
    added = make_record()
    put(store.root, "run.json", added.model_dump_json(by_alias=True).encode(), added.id)
    assert library.refresh()
    assert library.views[added.id].record == added
