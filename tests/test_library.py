from __future__ import annotations

import shutil

from mnist_lab.library import Library
from mnist_lab.store import Store
from tests.factories import make_record, make_request, put


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
    put(store.root, "run.json", b"", record.id)
    store.publish(record)
    library = Library(store)
    library.refresh()
    (store.folder(record.id) / "run.json").write_bytes(b"damaged since")
    library.refresh()
    assert library.views[record.id].status == "finished"
    library.reread(record.id)
    assert library.views[record.id].status == "damaged"


def test_a_removed_run_is_gone(store: Store) -> None:
    requests = [make_request() for _ in range(3)]
    for request in requests:
        store.request(request)
    library = Library(store)
    library.refresh()
    store.remove(requests[1].id)
    assert library.refresh()
    assert list(library.views) == [requests[0].id, requests[2].id]


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
