"""The runs folder, with everything that can be in it."""

from __future__ import annotations

import errno
import json
import os
import resource
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.analysis.tables.run_table import compared
from mnist_lab.errors import DamagedRunError, ExitCode, RecordExistsError, StoreError, UsageError
from mnist_lab.experiments.events import Ended, Paused, to_line
from mnist_lab.experiments.record import Request
from mnist_lab.runs import requests
from mnist_lab.store import Run, Store, leases, run_queue
from mnist_lab.store.ids import new_id
from tests.factories import OBEYED, elsewhere, is_harmless, make_record, make_request, put, short, unreadable
from tests.processes import DROP_PRIVILEGES, Holder, on_tiny_disk, output_of, running

Hold = Callable[..., Holder]

HOSTILE: list[Any] = [
    None, True, 0, -1, 2, 10**30, 1e308, "", "NaN", "-Infinity", OBEYED, "../../x", "2026-01-02T03:04:05",
    "9999-12-31T23:59:59+00:00", [], [None], ["NaN"], [OBEYED], {}, {"x": 1}, [[]],
]  # fmt: skip


def asked(store: Store, run_id: str | None = None, **fields: Any) -> Request:
    request = make_request(run_id, **fields)
    store.request(request)
    return request


def kept(store: Store) -> str:
    """A healthy run, which must stay listed whatever lies next to it."""
    request = asked(store)
    store.publish(make_record(request.id))
    return request.id


def read_with_healthy(store: Store, run_id: str) -> Run:
    """How a run is listed; a healthy one next to it must be listed too."""
    healthy = kept(store)
    listed = {run.id: run for run in store.runs()}
    assert listed[healthy].status == "finished"
    return listed[run_id]


def test_a_request_is_queued_and_a_record_ends_it(store: Store) -> None:
    request = asked(store, note="n", preset="conv")
    assert store.read(request.id) == Run(request.id, "queued", request, rank=store.rank(request.id))
    record = make_record(request.id, status="diverged", reason="The loss is NaN.")
    store.publish(record)
    assert store.read(request.id) == Run(request.id, "diverged", None, record, "The loss is NaN.")
    assert store.record(request.id) == record
    assert sorted(path.name for path in store.folder(request.id).iterdir()) == ["request.json", "run.json"]


def test_runs_are_listed_in_the_order_of_their_requests(store: Store) -> None:
    published = [asked(store) for _ in range(5)]
    assert [run.id for run in store.runs()] == store.ids() == [request.id for request in published]


def test_a_folder_that_is_not_there_yet_is_empty(tmp_path: Path) -> None:
    store = Store.locate(tmp_path / "a" / "b")
    assert list(store.runs()) == []
    assert store.leftovers() == []
    assert not store.root.exists()
    store.prepare()
    assert list(store.root.iterdir()) == []
    assert store.locks_work


def test_the_folder_is_the_one_named_wherever_that_is_meant_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert Store.locate(Path("named")).root == tmp_path / "named"
    assert Store.locate(Path("~/named")).root == tmp_path / "home" / "named"


# Who is alive


def test_a_run_goes_from_queued_to_running_to_paused_to_died(store: Store, hold: Hold) -> None:
    run_id = asked(store).id
    holder = hold(store.folder(run_id))
    assert store.read(run_id).status == "running"
    store.set_flag(run_id, "pause")
    assert store.read(run_id).status == "paused"
    store.clear_flag(run_id, "pause")
    assert store.read(run_id).status == "running"
    holder.kill()
    died = store.read(run_id)
    assert died.status == "died"
    assert died.request is not None
    assert died.reason == "Its worker was killed or crashed; worker.log in its folder has its last words."


def test_what_was_finished_is_finished_though_its_worker_was_killed_right_after(store: Store, hold: Hold) -> None:
    run_id = asked(store).id
    holder = hold(store.folder(run_id))
    store.publish(make_record(run_id))
    assert store.read(run_id).status == "finished"
    holder.kill()
    assert store.read(run_id).status == "finished"


def test_a_run_that_ends_while_it_is_read_is_neither_died_nor_queued(
    store: Store, hold: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder_of = leases.holder

    def holder(folder: Path) -> leases.Holder | None:
        store.publish(make_record(folder.name))
        return holder_of(folder)

    waiting, killed = asked(store).id, asked(store).id
    hold(store.folder(killed)).kill()
    monkeypatch.setattr(leases, "holder", holder)
    assert [store.read(run_id).status for run_id in (waiting, killed)] == ["finished", "finished"]


def test_the_last_reason_in_the_journal_is_that_of_a_run_that_died(store: Store, hold: Hold) -> None:
    run_id = asked(store).id
    lines = to_line(Ended(at=0, event="failed", epoch=1, reason=f"No room. {OBEYED}")) + b'{"v": 1, "at'
    store.journal_path(run_id).write_bytes(to_line(Paused(at=0)) + lines)
    hold(store.folder(run_id)).kill()
    reason = store.read(run_id).reason
    assert reason.startswith("No room. red")
    assert is_harmless(reason)


def test_a_run_on_another_host_is_silent_since_and_not_dead(store: Store, hold: Hold) -> None:
    run_id = asked(store).id
    hold(store.folder(run_id)).kill()
    elsewhere(store.folder(run_id), silent=None)
    run = store.read(run_id)
    assert (run.status, run.elsewhere, run.silent_since) == ("running", True, None)
    os.utime(store.folder(run_id) / "claim" / "heartbeat", (1000, 1000))
    run = store.read(run_id)
    assert (run.status, run.elsewhere, run.silent_since) == ("running", True, 1000)
    with pytest.raises(UsageError, match=f"silent; `mnist-lab runs give-up {run_id[-6:]}` frees it"):
        store.remove(run_id)
    assert store.prune(run_id) == run


def test_a_run_on_another_host_whose_lock_is_seen_to_be_held_is_alive_and_elsewhere(store: Store, hold: Hold) -> None:
    run_id = asked(store).id
    hold(store.folder(run_id))
    elsewhere(store.folder(run_id))
    run = store.read(run_id)
    assert (run.status, run.elsewhere, run.silent_since) == ("running", True, None)


# The first record


def test_the_first_record_of_a_run_is_the_one_that_counts(store: Store) -> None:
    run_id = asked(store).id
    store.publish(make_record(run_id, note="first"))
    with pytest.raises(RecordExistsError, match=f"Run {run_id} has a record already"):
        store.publish(make_record(run_id, note="second"))
    assert store.record(run_id).note == "first"
    store.rewrite(make_record(run_id, note="edited"))
    assert store.record(run_id).note == "edited"
    assert {path.name for path in store.folder(run_id).iterdir()} == {"request.json", "run.json"}
    with pytest.raises(DamagedRunError, match="has no record that could be changed"):
        store.rewrite(make_record(asked(store).id))


def test_a_damaged_record_is_not_replaced_by_another_worker_s(store: Store) -> None:
    run_id = put(store.root, "run.json", b"{")
    with pytest.raises(RecordExistsError):
        store.publish(make_record(run_id))
    assert (store.folder(run_id) / "run.json").read_bytes() == b"{"


PUBLISH = """
import sys
from pathlib import Path
from mnist_lab.errors import RecordExistsError
from mnist_lab.store import Store
from tests.factories import make_record
store = Store(Path(sys.argv[1]))
print("ready", flush=True)
for line in sys.stdin:
    run_id, note = line.split()
    try:
        store.publish(make_record(run_id, note=note))
    except RecordExistsError:
        print("refused", flush=True)
    else:
        print(note, flush=True)
"""


def test_of_workers_that_publish_at_once_exactly_one_succeeds(store: Store) -> None:
    with running(PUBLISH, store.root) as one, running(PUBLISH, store.root) as other:
        assert (one.hear(), other.hear()) == ("ready", "ready")
        for _ in range(30):
            run_id = asked(store).id
            one.tell(f"{run_id} one")
            other.tell(f"{run_id} other")
            heard = sorted((one.hear(), other.hear()))
            assert heard in (["one", "refused"], ["other", "refused"])
            assert store.record(run_id).note == heard[0]


def test_what_an_attempt_left_that_was_given_up_is_set_aside(store: Store) -> None:
    run_id = asked(store).id
    store.set_aside(run_id)
    for name in ("journal.jsonl", "worker.log"):
        (store.folder(run_id) / name).write_text(name)
    store.set_aside(run_id)
    names = {path.name for path in store.folder(run_id).iterdir()}
    assert names == {"request.json", "lost-journal.jsonl", "lost-worker.log"}


# Damage


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("request.json", b"", "request.json is damaged: Invalid JSON: EOF"),
        ("request.json", b'{"id": "x', "request.json is damaged: Invalid JSON: EOF"),
        ("request.json", b"{}", "request.json is damaged at id: Field required"),
        ("request.json", b"[" * 100_000, "request.json is damaged: Invalid JSON: recursion"),
        ("request.json", make_request().model_dump_json(by_alias=True).encode(), "request.json is of another run, 0"),
        ("run.json", b"", "run.json is damaged: Invalid JSON: EOF"),
        ("run.json", b"null", "run.json is damaged: "),
        ("run.json", b"\xff\xfe", "run.json is damaged: Invalid JSON"),
        ("run.json", b"[" * 100_000, "run.json is damaged: Invalid JSON: recursion"),
        ("run.json", make_record().model_dump_json(by_alias=True).encode()[:-30], "run.json is damaged: Invalid JSON"),
        ("run.json", make_record().model_dump_json(by_alias=True).encode(), "run.json is of another run, 0"),
        ("run.json", make_record().model_dump_json().encode(), "run.json is of another run, 0"),
    ],
    ids=[
        "nothing", "half-of-a-request", "empty-request", "deep-request", "another-request", "nothing-at-all", "null",
        "no-text", "deep-record", "truncated-record", "another-record", "another-record-without-alias",
    ],
)  # fmt: skip
def test_a_damaged_file_makes_a_damaged_run_with_its_reason(
    store: Store, name: str, content: bytes, reason: str
) -> None:
    run = read_with_healthy(store, put(store.root, name, content))
    assert run.status == "damaged"
    assert run.reason.startswith(reason)
    assert "\n" not in run.reason
    with pytest.raises(DamagedRunError, match="has no record to read: it is damaged"):
        store.record(run.id)


def test_a_run_without_any_file_or_that_is_a_file_is_damaged(store: Store) -> None:
    empty, file = new_id(), new_id()
    (store.root / empty).mkdir()
    (store.root / file).write_bytes(b"not a folder")
    assert read_with_healthy(store, empty).reason == "request.json cannot be read: No such file or directory."
    assert read_with_healthy(store, file).reason == "request.json cannot be read: Not a directory."
    for run_id in (empty, file):
        store.remove(run_id)
    assert not {empty, file} & {path.name.split("-")[-1] for path in store.root.iterdir()}


@pytest.mark.parametrize("name", ["run.json", "request.json", "journal.jsonl", "claim", "lock"])
def test_a_folder_or_a_dangling_link_where_a_file_should_be_stops_nothing(store: Store, hold: Hold, name: str) -> None:
    for make in (Path.mkdir, lambda path: path.symlink_to("nowhere"), lambda path: path.write_bytes(b"")):
        run_id = asked(store).id
        if name == "journal.jsonl":
            hold(store.folder(run_id)).kill()
        path = store.folder(run_id) / name
        path.unlink(missing_ok=True)
        make(path)
        assert read_with_healthy(store, run_id).id == run_id


@contextmanager
def replaced(path: Path, make: Callable[[Path], Any]) -> Iterator[None]:
    """Have something else in place of a file."""
    aside = path.with_name(f".{path.name}.aside")
    path.rename(aside)
    make(path)
    try:
        yield
    finally:
        path.rmdir() if path.is_dir() else path.unlink()
        aside.rename(path)


@contextmanager
def no_more_files(_path: Path) -> Iterator[None]:
    """Have this process open no file more than it has open."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@contextmanager
def failing_disk(path: Path) -> Iterator[None]:
    """Have a file fail to be read, as a damaged sector does."""
    inode, read = path.stat().st_ino, os.read

    def failing(handle: int, size: int) -> bytes:
        if os.fstat(handle).st_ino == inode:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(handle, size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.read", failing)
        yield


REFUSALS = {
    "it is a symbolic link, which the lab does not follow": unreadable,
    "Too many open files": no_more_files,
    "Input/output error": failing_disk,
}


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EINTR])
def test_a_folder_that_cannot_be_looked_for_just_now_is_not_missing(
    store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    run_id, lstat = asked(store).id, os.lstat

    def failing(path: Path, **options: int | None) -> os.stat_result:
        if path == store.folder(run_id):
            raise OSError(number, os.strerror(number))
        return lstat(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("os.lstat", failing)
    run = store.read(run_id)
    assert (run.status, run.reason) == ("unreadable", f"Its folder cannot be read: {os.strerror(number)}.")
    with pytest.raises(DamagedRunError, match="cannot be read just now"):
        requests.stop(store, run_id)
    monkeypatch.undo()
    assert store.read(run_id).status == "queued"


@pytest.mark.parametrize("name", ["run.json", "request.json"])
@pytest.mark.parametrize("error", REFUSALS)
def test_what_the_system_does_not_let_be_read_is_unreadable_until_it_does(store: Store, error: str, name: str) -> None:
    run_id = asked(store).id
    if name == "run.json":
        store.publish(make_record(run_id))
    before = Store(store.root).read(run_id)
    with REFUSALS[error](store.folder(run_id) / name):
        run = Store(store.root).read(run_id)
    first = "run.json" if error == "Too many open files" else name
    assert (run.status, run.reason) == ("unreadable", f"{first} cannot be read: {error}.")
    assert (run.ended, run.live, run.useless) == (False, False, False)
    assert Store(store.root).read(run_id) == before


def test_an_unreadable_run_is_neither_removed_nor_pruned_nor_trained_again(store: Store) -> None:
    run_id = asked(store).id
    store.publish(make_record(run_id))
    with unreadable(store.folder(run_id) / "run.json"):
        with pytest.raises(DamagedRunError, match=f"^Run {run_id} is not removed, for it may have finished. run.json"):
            store.remove(run_id)
        left = store.prune(run_id)
        assert left is not None
        assert left.status == "unreadable"
        assert run_queue.waiting(store) == []
        with pytest.raises(DamagedRunError, match="has no record to read: it is unreadable"):
            store.record(run_id)
    assert store.read(run_id).status == "finished"


def test_pruning_reads_again_and_removes_only_what_is_of_no_use_by_then(store: Store, hold: Hold) -> None:
    died, damaged, newer = asked(store).id, put(store.root, "run.json", b"{"), asked(store).id
    hold(store.folder(died)).kill()
    (store.folder(newer) / "run.json").write_text('{"schema": 2, "status": "teleported"}')
    mended = put(store.root, "run.json", b"{")
    assert [run.useless for run in store.runs()] == [True, True, False, True]
    store.rewrite(make_record(mended))
    left = [store.prune(run_id) for run_id in (died, damaged, newer, mended, new_id())]
    assert [run and run.status for run in left] == [None, None, "damaged", "finished", None]
    assert store.ids() == [newer, mended]


@pytest.mark.parametrize("schema", [2, 3, 10**30])
@pytest.mark.parametrize("status", ["finished", "teleported", [], {}, None, OBEYED], ids=short)
def test_a_record_of_a_newer_schema_is_listed_and_never_rewritten(store: Store, schema: int, status: Any) -> None:
    run_id = asked(store).id
    content = json.dumps({"schema": schema, "status": status, "lanes": [1, 2]}).encode()
    (store.folder(run_id) / "run.json").write_bytes(content)
    run = read_with_healthy(store, run_id)
    assert run.status == ("finished" if status == "finished" else "damaged")
    assert run.reason == f"Its record is of schema {schema}, newer than this lab's 1."
    assert run.request is not None
    with pytest.raises(UsageError if status == "finished" else DamagedRunError, match="has already ended"):
        requests.stop(store, run_id)
    with pytest.raises(DamagedRunError, match=f"of schema {schema}"):
        requests.describe(store, run_id, "note", ())
    assert run_queue.waiting(store) == []
    assert (store.folder(run_id) / "run.json").read_bytes() == content


def test_a_newer_record_that_this_lab_could_read_is_newer_all_the_same(store: Store) -> None:
    run_id = asked(store).id
    written = make_record(run_id).to_json() | {"schema": 2}
    (store.folder(run_id) / "run.json").write_text(json.dumps(written))
    run = store.read(run_id)
    assert (run.status, run.record) == ("finished", None)


def test_a_record_of_an_older_schema_is_read(store: Store) -> None:
    run_id = asked(store).id
    written = make_record(run_id).to_json() | {"schema": 0, "colour": "of an earlier time"}
    (store.folder(run_id) / "run.json").write_text(json.dumps(written))
    assert store.read(run_id).status == "finished"


def test_nothing_of_a_hostile_record_is_obeyed(store: Store) -> None:
    run_id = asked(store).id
    written = make_record(run_id).to_json() | {"reason": OBEYED, "note": OBEYED, "preset": OBEYED, "tags": [OBEYED]}
    del written["gradient_norms"]  # a request has one of another kind
    (store.folder(run_id) / "run.json").write_text(json.dumps(written))
    run = read_with_healthy(store, run_id)
    assert run.record is not None
    assert run.reason.startswith("red")
    assert is_harmless(run.reason + run.record.note + (run.record.preset or "") + "".join(run.record.tags))
    for name in ("run.json", "request.json"):
        other = put(store.root, name, json.dumps(written | {"id": OBEYED, "asked_at": written["started_at"]}).encode())
        assert "is of another run, red" in store.read(other).reason
        assert is_harmless(store.read(other).reason)
        other = put(store.root, name, json.dumps({OBEYED: 1, "history": {OBEYED: [1]}}).encode())
        assert is_harmless(store.read(other).reason)


def locations_in(value: Any, *path: Any) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(location for key, item in below for location in locations_in(item, *path, key))]


def changed_at(value: Any, location: tuple[Any, ...], new: Any) -> Any:
    if not location:
        return new
    value = json.loads(json.dumps(value))
    inner = value
    for key in location[:-1]:
        inner = inner[key]
    inner[location[-1]] = new
    return value


def test_a_record_with_any_value_anywhere_is_listed_and_compared(store: Store) -> None:
    healthy = make_record()
    run_id = asked(store).id
    written = make_record(run_id).to_json()
    count = 0
    for location in locations_in(written):
        loaded = [healthy]
        for new in HOSTILE:
            (store.folder(run_id) / "run.json").write_text(json.dumps(changed_at(written, location, new)))
            run = store.read(run_id)
            assert is_harmless(run.reason), (location, new)
            assert run.record is not None or run.reason, (location, new)
            if run.record is not None:
                loaded.append(run.record)
        count += len(compared(loaded, all_columns=True))
    assert count > 200


def test_a_request_with_any_value_anywhere_is_listed(store: Store) -> None:
    written = json.loads(make_request().model_dump_json(by_alias=True))
    for location in locations_in(written):
        for new in HOSTILE:
            run_id = put(store.root, "request.json", b"")
            content = changed_at(written | {"id": run_id}, location, new)
            (store.folder(run_id) / "request.json").write_text(json.dumps(content))
            run = store.read(run_id)
            assert run.status in {"queued", "damaged"}, (location, new)
            assert is_harmless(run.reason), (location, new)


# Ids from outside


@pytest.mark.parametrize("text", ["../x", "..", "", "/etc", "01arz3ndektsv4rrffq69g5fav", "0" * 25, "\x1b]52;c;x\x07"])
def test_what_is_no_id_names_no_folder(store: Store, text: str) -> None:
    for ask in (store.folder, store.read, store.remove, store.journal_path):
        with pytest.raises(UsageError, match="is not a run id") as caught:
            ask(text)
        assert is_harmless(str(caught.value))


def test_only_folders_named_by_an_id_are_runs(store: Store) -> None:
    run_id = asked(store).id
    for name in (new_id().lower(), ".hidden", ".new-" + new_id(), new_id() + "0", "notes"):
        (store.root / name).mkdir()
    (store.root / "README.md").write_text("what this is")
    assert store.ids() == [run_id]


def test_a_link_in_place_of_a_run_is_listed_and_neither_followed_nor_removed(store: Store, tmp_path: Path) -> None:
    run_id = asked(store).id
    store.publish(make_record(run_id))
    (store.root / run_id).rename(tmp_path / "moved")
    (store.root / run_id).symlink_to(tmp_path / "moved")
    dangling = new_id()
    (store.root / dangling).symlink_to(tmp_path / "nowhere")
    reason = "run.json cannot be read: its folder is a symbolic link, which the lab does not follow."
    assert [(run.id, run.status, run.reason) for run in store.runs()] == [
        (run_id, "unreadable", reason),
        (dangling, "unreadable", reason),
    ]
    with pytest.raises(DamagedRunError, match=r"delete .* by hand"):
        store.remove(run_id)
    with pytest.raises(StoreError, match="its folder is a symbolic link"):
        store.set_flag(run_id, "stop")
    assert {path.name for path in (tmp_path / "moved").iterdir()} == {"request.json", "run.json"}


def test_a_runs_folder_that_the_user_names_may_be_a_link(store: Store, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(store.root)
    linked = Store.locate(tmp_path / "link")
    run_id = asked(linked).id
    linked.set_flag(run_id, "pause")
    assert [run.status for run in linked.runs()] == [run.status for run in store.runs()] == ["paused"]
    assert [run.id for run in run_queue.Queue(linked).live()] == [run_id]


def test_a_run_is_named_by_any_unique_end_of_its_id(store: Store) -> None:
    one, other = "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFA69G5FAV"
    for run_id in (one, other):
        asked(store, run_id)
    assert store.resolve("Q69G5FAV") == store.resolve(" q69g5fav\n") == store.resolve(one) == one
    with pytest.raises(UsageError, match=r"^2 runs have ids ending in 69G5FAV; give more"):
        store.resolve("69g5fav")
    with pytest.raises(UsageError, match=r"No run in .* has an id ending in ZZ"):
        store.resolve("zz")


@pytest.mark.parametrize(
    "text", ["", " ", "../x", "*", "%", ".", "\x1b]52;c;x\x07\u202e", "x" * 1000, "ı", "\udcff"], ids=short
)
def test_what_could_not_end_an_id_is_refused_and_not_obeyed(store: Store, text: str) -> None:
    asked(store)
    with pytest.raises(UsageError, match="is not a run id or the end of one") as caught:
        store.resolve(text)
    assert is_harmless(str(caught.value))


# Taking away


def test_a_running_run_is_not_removed(store: Store, hold: Hold) -> None:
    run_id = asked(store).id
    holder = hold(store.folder(run_id))
    for status in ("running", "paused"):
        with pytest.raises(UsageError, match=f"is {status}; stop it first: `mnist-lab runs stop {run_id[-6:]}`"):
            store.remove(run_id)
        store.set_flag(run_id, "pause")
    holder.kill()
    store.remove(run_id)
    assert list(store.root.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        store.read(run_id)


def test_a_run_that_waits_paused_can_be_removed(store: Store) -> None:
    run_id = asked(store).id
    store.set_flag(run_id, "pause")
    assert store.read(run_id).status == "paused"
    store.remove(run_id)
    assert store.ids() == []


def test_what_killed_processes_left_is_found_once_it_is_old(store: Store) -> None:
    hour_ago = time.time() - 4000
    for name in (".new-x", ".gone-x", ".probe-x", ".workers", "mine"):
        (store.root / name).mkdir()
        os.utime(store.root / name, (hour_ago, hour_ago))
    (store.root / ".new-young").mkdir()
    (store.root / ".gone-link").symlink_to("nowhere")
    assert {path.name for path in store.leftovers()} == {".new-x", ".gone-x", ".probe-x"}


def test_control_flags_are_set_and_cleared_any_number_of_times(store: Store) -> None:
    run_id = asked(store).id
    for _ in range(2):
        store.set_flag(run_id, "stop")
    assert store.has_flag(run_id, "stop")
    assert not store.has_flag(run_id, "pause")
    for _ in range(2):
        store.clear_flag(run_id, "stop")
    assert not store.has_flag(run_id, "stop")


# Many at once

ASK_AND_PUBLISH = """
import sys
from pathlib import Path
from mnist_lab.store import Store
from tests.factories import make_record, make_request
store = Store.locate(Path(sys.argv[1]))
for number in range(15):
    request = make_request(note="x" * 3000 * (number % 3))
    store.request(request)
    for save, note in ((store.publish, "first"), (store.rewrite, "second" * 1500)):
        save(make_record(request.id, note=note))
print("done", flush=True)
"""


def test_many_who_ask_publish_list_and_remove_at_once_never_see_damage(store: Store) -> None:
    done = threading.Event()
    seen: set[str] = set()

    def watch() -> None:
        while not done.is_set():
            for run in store.runs():
                seen.add(run.status)
                if run.status == "finished" and len(store.ids()) > 20:
                    store.remove(run.id)

    watcher = threading.Thread(target=watch)
    with running(ASK_AND_PUBLISH, store.root) as one, running(ASK_AND_PUBLISH, store.root) as other:
        watcher.start()
        try:
            assert (one.hear(), other.hear()) == ("done", "done")
        finally:
            done.set()
            watcher.join()
    assert seen <= {"queued", "finished"}
    assert "finished" in seen


# Folders that refuse

FULL = """
import sys
from pathlib import Path
from mnist_lab.errors import StoreError
from mnist_lab.store import Store
from mnist_lab.store import leases
from tests.factories import make_record, make_request
root = Path(sys.argv[1])
store = Store.locate(root)
store.prepare()
request, waiting = make_request(), make_request()
store.request(request)
store.request(waiting)
old = make_record(request.id, note="old")
store.publish(old)
filler = (root / "filler").open("wb", buffering=0)
try:
    while True:
        filler.write(b"x" * 512)
except OSError:
    pass
before = sorted(path.relative_to(root) for path in root.rglob("*"))
def refused(what):
    try:
        what()
    except StoreError as error:
        print(error)
    else:
        raise AssertionError(what)
refused(lambda: store.rewrite(make_record(request.id, note="new" * 3_000, tags=("x" * 900,) * 60)))
refused(lambda: store.publish(make_record(waiting.id, note="new" * 3_000, tags=("x" * 900,) * 60)))
refused(lambda: store.request(make_request(tags=("x" * 900,) * 60)))
refused(store.prepare)
assert sorted(path.relative_to(root) for path in root.rglob("*")) == before
assert store.record(request.id) == old
assert [run.status for run in store.runs()] == ["finished", "queued"]
try:
    leases.take(store.folder(request.id))
except OSError:
    pass
else:
    raise AssertionError("leased on a full disk")
store.set_flag(request.id, "stop")
filler.truncate(0)
store.rewrite(make_record(request.id, note="new"))
assert store.record(request.id).note == "new"
"""

UNWRITABLE = (
    """
import sys
from pathlib import Path
import psutil  # what the dropped user may not read is imported before
from mnist_lab.runs import requests
from mnist_lab.errors import StoreError
from mnist_lab.store import Store
from mnist_lab.workers.pool import WorkerPool
from tests.factories import ONE_WORKER, make_record, make_request
"""
    + DROP_PRIVILEGES
    + """
store = Store.locate(Path(sys.argv[1]))
[run] = store.runs()
for what in (
    store.prepare,
    lambda: store.request(make_request()),
    lambda: store.publish(make_record(run.id)),
    lambda: store.set_flag(run.id, "pause"),
    lambda: store.remove(run.id),
    lambda: requests.stop(store, run.id),
    lambda: WorkerPool(store, ONE_WORKER).ensure(),
):
    try:
        what()
    except StoreError as error:
        print(error)
    else:
        raise AssertionError("it could be written")
assert [found.status for found in store.runs()] == ["queued"]
"""
)

UNREADABLE = (
    """
import sys
from pathlib import Path
from mnist_lab.errors import StoreError
from mnist_lab.store import Store
"""
    + DROP_PRIVILEGES
    + """
for folder in (Path(sys.argv[1]), Path(sys.argv[1]) / "below"):
    for what in (lambda: Store.locate(folder).ids(), lambda: Store.locate(folder).prepare()):
        try:
            what()
        except StoreError as error:
            print(error)
        else:
            raise AssertionError("it could be read")
"""
)

OUT_OF_REACH = (
    """
import sys
from pathlib import Path
from mnist_lab.runs import requests
from mnist_lab.errors import LabError
from mnist_lab.store import Store
from mnist_lab.store import registry, run_queue
"""
    + DROP_PRIVILEGES
    + """
store = Store.locate(Path(sys.argv[1]))
waiting = run_queue.waiting(store)
assert waiting == [], waiting
for run in store.runs():
    print(run.status, run.reason)
    assert store.prune(run.id) == run
    acts = lambda run_id: requests.stop(store, run_id), lambda run_id: requests.retry(store, run_id)
    for what in (store.remove, *acts):
        try:
            what(run.id)
        except LabError as error:
            assert run.reason in str(error), error
        else:
            raise AssertionError(what)
"""
)


@pytest.mark.needs("unshare")
def test_on_a_full_disk_what_was_saved_stays_and_nothing_half_written_does(tmp_path: Path) -> None:
    lines = output_of(FULL, tmp_path, under=on_tiny_disk(tmp_path)).splitlines()
    assert len(lines) == 4
    for line in lines:
        assert "could not be written: the disk is full; free some space" in line


def test_a_folder_that_may_not_be_written_is_read_and_its_errors_say_so(shared_folder: Path) -> None:
    store = Store.locate(shared_folder / "runs")
    store.prepare()
    asked(store)
    for path in (*store.root.rglob("*"), store.root):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        lines = output_of(UNWRITABLE, store.root).splitlines()
    finally:
        for path in (store.root, *store.root.rglob("*")):
            path.chmod(0o755)
    assert len(lines) == 7
    for line in lines:
        assert "could not be written: you may not write there; change its permissions" in line


def test_a_folder_that_may_not_be_entered_is_one_sentence(shared_folder: Path) -> None:
    closed = shared_folder / "closed"
    closed.mkdir()
    closed.chmod(0o000)
    try:
        lines = output_of(UNREADABLE, closed).splitlines()
    finally:
        closed.chmod(0o755)
    assert len(lines) == 4
    assert all(line.startswith(str(closed)) for line in lines)


def test_runs_whose_files_or_folders_are_another_user_s_alone_are_unreadable(shared_folder: Path) -> None:
    store = Store.locate(shared_folder / "runs")
    store.prepare()
    store.root.chmod(0o777)  # whoever may rename in it could remove them
    run_ids = [asked(store).id for _ in range(3)]
    for run_id in run_ids[:2]:
        store.publish(make_record(run_id))
    closed = [store.folder(run_ids[0]) / "run.json", *map(store.folder, run_ids[1:])]
    for path in closed:
        path.chmod(0)
    try:
        lines = output_of(OUT_OF_REACH, store.root).splitlines()
    finally:
        for path in closed:
            path.chmod(0o755)
    assert lines == ["unreadable run.json cannot be read: Permission denied."] * 3
    assert [run.status for run in store.runs()] == ["finished", "finished", "queued"]


def test_a_runs_folder_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(StoreError, match="is a file, not a runs folder; name a folder with --runs") as caught:
        Store.locate(file)
    assert caught.value.exit_code is ExitCode.STORAGE
    below = Store.locate(file / "runs")
    for what in (below.ids, below.prepare):
        with pytest.raises(StoreError, match="--runs"):
            what()
    assert file.read_bytes() == b""


@pytest.mark.parametrize("name", ["x" * 300, "~nobody-has-this-name/runs"], ids=short)
def test_a_runs_folder_that_cannot_be_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="--runs"):
        Store.locate(Path(name)).prepare()


@pytest.mark.usefixtures("private_umask")
def test_what_is_made_in_a_shared_folder_is_shared(store: Store) -> None:
    store.root.chmod(0o2775)
    run_id = asked(store).id
    store.publish(make_record(run_id))
    store.set_flag(run_id, "pause")
    assert stat.S_IMODE(store.folder(run_id).stat().st_mode) == 0o2775
    for path in store.folder(run_id).iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o664, path


def test_a_folder_without_locks_is_used_all_the_same(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", lambda _handle, _how: None)
    store.prepare()
    assert not store.locks_work
    assert list(store.root.iterdir()) == []
