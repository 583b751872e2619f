"""A runs folder in which others have put what they like: nothing blocks, no file of anybody else is touched."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.errors import StoreError
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import Seconds
from mnist_lab.experiments.study import of_plans
from mnist_lab.runs.progress import JournalFollower
from mnist_lab.store import Store, files, leases, prefetch, registry, run_queue
from mnist_lab.store.journal import JournalReader, JournalWriter
from mnist_lab.store.studies import StudyCache, declare, studies
from mnist_lab.workers import pool
from tests.factories import make_record, make_request, unreadable
from tests.imposters import IMPOSTERS, put_in_place
from tests.processes import Holder, running

pytestmark = pytest.mark.usefixtures("impatience")

KIND = registry.WorkerSpec("tensorflow", 1)
SLOT = f".workers/{KIND.slot(0)}"

OF_A_RUN = ("run.json", "request.json", "journal.jsonl", "rank", "lock", "claim", "claim/owner.json", "claim/heartbeat")
OF_THE_FOLDER = (
    ".workers",
    SLOT,
    f"{SLOT}/state.json",
    f"{SLOT}/lock",
    f"{SLOT}/claim",
    f"{SLOT}/claim/owner.json",
    ".workers/worker.log",
    ".workers/prefetch.json",
    "studies",
    "studies/units.json",
)

PLANS = plan.varied([plan.from_experiment(DEFAULT)], {"units": (8, 16)})

HOLD_STUDIES = """
import fcntl, os, sys
handle = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file of this user's that nobody else may read, write or change."""
    path = tmp_path / "home" / "id_ed25519"
    path.parent.mkdir(mode=0o700)
    path.write_text("secret")
    path.chmod(0o600)
    os.utime(path, (1000, 1000))
    return path


def is_untouched(path: Path) -> bool:
    found = path.stat()
    return (path.read_text(), stat.S_IMODE(found.st_mode), found.st_mtime) == ("secret", 0o600, 1000)


def look_everywhere(store: Store) -> dict[str, str]:
    """Read a folder in every way there is. Returns the status of each run."""
    found = {run.id: run.status for run in store.runs()}
    assert {run.id: run.status for run in store.read_many(store.ids())} == found
    queue = run_queue.Queue(store)
    for _ in range(2):
        queue.live()
        queue.waiting()
    list(registry.workers(store.root))
    studies(store)
    StudyCache(store).studies()
    prefetch.read(store.root)
    prefetch.version(store.root)
    pool.last_words(store)
    store.leftovers()
    follower = JournalFollower(store, dict.fromkeys(store.ids(), "label"))
    for _ in range(2):
        follower.poll()
    return found


@pytest.mark.parametrize("imposter", IMPOSTERS)
@pytest.mark.parametrize("name", OF_A_RUN)
@pytest.mark.parametrize("state", ["queued", "died", "finished"])
def test_nothing_in_place_of_a_file_of_a_run_blocks_or_hides_another(
    store: Store, hold: Callable[..., Holder], name: str, imposter: str, state: str
) -> None:
    healthy, odd = make_request(), make_request()
    for request in (healthy, odd):
        store.request(request)
    store.publish(make_record(healthy.id))
    if state == "died":
        hold(store.folder(odd.id)).kill()
    elif state == "finished":
        store.publish(make_record(odd.id))
    put_in_place(store.folder(odd.id) / name, imposter)
    found = look_everywhere(store)
    assert found.pop(healthy.id) == "finished"
    [status] = found.values()
    run = store.read(odd.id)
    if name == "run.json":
        assert status == "damaged"
        assert run.reason.startswith("run.json is damaged: it is ")
    elif name == "request.json" and state == "queued":
        assert status == "damaged"
        assert run.reason.startswith("request.json is damaged: it is ")
    elif state == "finished":
        assert status == "finished"
    if status in {"damaged", "died"}:
        assert store.prune(odd.id) is None
        assert store.ids() == [healthy.id]


@pytest.mark.parametrize("imposter", IMPOSTERS)
@pytest.mark.parametrize("name", OF_THE_FOLDER)
def test_nothing_in_place_of_a_file_of_the_folder_blocks(store: Store, name: str, imposter: str) -> None:
    request = make_request()
    store.request(request)
    slot = registry.take_slot(store.root, KIND, slots=1)
    assert slot is not None
    slot.abandon()
    put_in_place(store.root / name, imposter)
    assert look_everywhere(store) == {request.id: "queued"}
    if not name.startswith("studies") and not (name == ".workers" and imposter == "folder"):
        with suppress(StoreError):
            again = registry.take_slot(store.root, KIND, slots=2)
            assert again is not None
            assert look_everywhere(store) == {request.id: "queued"}


@pytest.mark.parametrize("name", [".workers", SLOT])
@pytest.mark.parametrize("imposter", ["FIFO", "socket", "link"])
def test_what_is_in_place_of_a_worker_s_folder_is_removed(store: Store, mine: Path, name: str, imposter: str) -> None:
    (store.root / name).parent.mkdir(exist_ok=True)
    if imposter == "link":
        (store.root / name).symlink_to(mine.parent)
    else:
        put_in_place(store.root / name, imposter)
    slot = registry.take_slot(store.root, KIND, slots=1)
    assert slot is not None
    assert slot.locked
    assert os.listdir(mine.parent) == [mine.name]  # noqa: PTH208
    slot.release()


@pytest.mark.parametrize("made", [Path.symlink_to, Path.hardlink_to], ids=["link", "hard link"])
def test_a_link_in_place_of_a_lock_changes_nothing_of_what_it_leads_to(
    store: Store, mine: Path, made: Callable[[Path, Path], None]
) -> None:
    store.root.chmod(0o777)
    request = make_request()
    store.request(request)
    made(store.folder(request.id) / "lock", mine)
    with pytest.raises(OSError, match=r"symbolic link|another name"):
        leases.take(store.folder(request.id))
    look_everywhere(store)
    assert is_untouched(mine)


@pytest.mark.parametrize("made", [Path.symlink_to, Path.hardlink_to], ids=["link", "hard link"])
def test_a_link_in_place_of_the_workers_log_is_neither_written_to_nor_read_beyond(
    store: Store, mine: Path, made: Callable[[Path, Path], None]
) -> None:
    store.root.chmod(0o777)
    root = registry.root_of(store.root)
    files.make_folder(root)
    made(root / "worker.log", mine)
    handle = files.open_log(root / "worker.log")
    os.write(handle, b"lost")
    os.close(handle)
    if made is Path.symlink_to:
        assert pool.last_words(store) == ""
    assert is_untouched(mine)


@pytest.mark.parametrize("name", ["claim", "stop", "pause", "rank", "journal.jsonl", "worker.log", "run.json"])
def test_a_link_in_a_run_s_folder_leads_nowhere(store: Store, mine: Path, name: str) -> None:
    store.root.chmod(0o777)
    request = make_request()
    store.request(request)
    (store.folder(request.id) / name).symlink_to(mine.parent if name == "claim" else mine)
    for action in (
        lambda: leases.take(store.folder(request.id)),
        lambda: store.set_flag(request.id, "stop"),
        lambda: store.set_flag(request.id, "pause"),
        lambda: store.move(request.id, 1),
        lambda: JournalWriter(store.journal_path(request.id)).close(),
        lambda: files.open_new(store.log_path(request.id)).close(),
        lambda: store.publish(make_record(request.id)),
        lambda: store.clear_flag(request.id, "stop"),
    ):
        with suppress(OSError, StoreError):
            action()
    look_everywhere(store)
    assert is_untouched(mine)
    assert os.listdir(mine.parent) == [mine.name]  # noqa: PTH208


def test_a_link_in_place_of_the_studies_is_refused(store: Store, mine: Path) -> None:
    (store.root / "studies").symlink_to(mine.parent)
    with pytest.raises(StoreError, match="its folder is a symbolic link"):
        declare(store, of_plans(PLANS, (0, 1)))
    assert studies(store) == []
    assert is_untouched(mine)


def test_a_study_is_saved_though_another_process_keeps_its_folder_locked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_LOCK_SECONDS", 0.05)
    first = declare(store, of_plans(PLANS, (0, 1)))
    with running(HOLD_STUDIES, store.root / "studies") as holder:
        assert holder.hear() == "held"
        grown = declare(store, of_plans(PLANS, (2,)))
    assert set(grown.seeds) == {*first.seeds, 2}
    assert studies(store) == [grown]


def test_a_study_that_cannot_be_read_just_now_is_not_replaced(store: Store) -> None:
    saved = declare(store, of_plans(PLANS, (0, 1)))
    path = store.root / "studies" / f"{saved.id}.json"
    with unreadable(path), pytest.raises(StoreError, match="could not be written"):
        declare(store, of_plans(PLANS, (2,)))
    assert studies(store) == [saved]
    path.write_text("{")
    assert declare(store, of_plans(PLANS, (2,))).seeds == (2,)


def test_a_folder_that_is_being_written_is_no_leftover_whatever_its_age(store: Store) -> None:
    folder = store.root / ".new-x"
    folder.mkdir()
    hour_ago = time.time() - 4000
    os.utime(folder, (hour_ago, hour_ago))
    assert store.leftovers() == [folder]
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    assert store.leftovers() == []
    os.close(handle)
    assert store.leftovers() == [folder]


def test_a_folder_is_locked_while_it_is_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    write_all = files.write_all

    def look(raw: Any, content: bytes) -> None:
        seen.extend(files.is_being_written(store.root / name) for name in os.listdir(store.root))  # noqa: PTH208
        write_all(raw, content)

    monkeypatch.setattr(files, "write_all", look)
    store.request(make_request())
    assert seen == [True]
    assert not files.is_being_written(store.folder(store.ids()[0]))


def test_leftovers_are_as_old_as_the_file_system_says(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    (store.root / ".new-young").mkdir()
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 7200)
    monkeypatch.setattr("time.time_ns", lambda: int((now + 7200) * 1e9))
    assert store.leftovers() == []


def test_a_journal_of_nothing_but_other_lines_is_given_up(store: Store) -> None:
    request = make_request()
    store.request(request)
    path = store.journal_path(request.id)
    for content in (b"{}\n" * 2_000_000, b"\n" * 8_000_000, b"x" * 8_000_000):
        path.write_bytes(content)
        reader = JournalReader(path)
        for _ in range(20):
            assert reader.read() == []


def test_a_run_whose_files_are_linked_as_in_a_backup_is_read(store: Store, tmp_path: Path) -> None:
    request = make_request()
    store.request(request)
    store.publish(make_record(request.id))
    for path in store.folder(request.id).iterdir():
        (tmp_path / path.name).hardlink_to(path)
    assert store.read(request.id).status == "finished"


@pytest.mark.parametrize("name", ["run.json", "request.json"])
@pytest.mark.parametrize("values", ["tags", "history", "layers"])
def test_a_document_of_millions_of_values_is_refused_before_they_are_looked_at(
    store: Store, name: str, values: str
) -> None:
    request = make_request()
    store.request(request)
    many = b"[" + b"1," * 4_000_000 + b"1]"
    path = store.folder(request.id) / name
    path.write_bytes(b'{"%s": %s}' % (values.encode(), many))
    run = store.read(request.id)
    assert (run.status, run.reason) == ("damaged", f"{name} is damaged: it has more than 400,000 values.")


def test_the_longest_training_with_all_measurements_is_read(store: Store) -> None:
    request = make_request()
    store.request(request)
    long = [0.12345678901234567] * 10_000
    history = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), long)
    norms = {f"dense_{number}": long for number in range(10)}
    record = make_record(
        request.id,
        changes={"epochs": 10_000},
        epochs_run=10_000,
        history=history,
        seconds=Seconds(per_epoch=tuple(long)),
        gradient_norms=norms,
        test_history={"loss": long, "accuracy": long},
    )
    store.publish(record)
    assert store.read(request.id).record == record
