"""Workers in the foreground, and workers whose disk is full."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import from_experiment
from mnist_lab.runs.requests import ask
from mnist_lab.store import prefetch, registry
from mnist_lab.store.journal import JournalReader
from tests.commands.lab import LONG, SMALL, Lab, eventually
from tests.factories import make_record
from tests.processes import on_tiny_disk


def test_one_in_the_foreground_serves_alone_until_it_is_told_to_leave_and_saves_what_it_has(own_lab: Lab) -> None:
    assert "No worker serves this folder" in own_lab("worker", "list").err
    worker = own_lab.start("worker", "--threads", 1)
    assert eventually(lambda: own_lab.workers() == [worker.pid])
    short, long = (own_lab.detached(*what)[0] for what in (SMALL, LONG))
    own_lab.wait_for_epochs(long)
    [result] = own_lab("worker", "list", "--json").json["workers"]
    assert (result["pid"], result["runs"], result["warm"], result["silent_for"]) == (worker.pid, [long], True, None)
    assert str(worker.pid) in own_lab("worker", "list").out
    refusal = own_lab.refused("worker", code=4)
    assert f"All slots for workers of this kind on this host are taken by worker {worker.pid};" in refusal
    worker.send_signal(signal.SIGHUP)
    worker.send_signal(signal.SIGTERM)
    narrated = own_lab.end_of(worker).err
    assert f"{short} finished after 2 epochs" in narrated
    assert f"{long} stopped after " in narrated
    record = own_lab.store.record(short)
    assert (record.status, record.environment.threads) == ("finished", 1)
    assert own_lab.run_of(long).status == "stopped"


def test_one_with_nothing_to_do_gets_ready_for_what_may_be_asked_for_next_and_leaves_when_it_is_asked_to(
    own_lab: Lab,
) -> None:
    worker = own_lab.start("worker", "--threads", 1)
    expected = DEFAULT.derive(units=9, train_size=2560)
    assert eventually(lambda: own_lab.workers() == [worker.pid])
    prefetch.publish(own_lab.runs, [expected, DEFAULT.derive(data="0" * 64), expected.derive(units=7)])
    assert eventually(lambda: serving_state(own_lab).preparing != "")
    assert eventually(lambda: serving_state(own_lab).warm and serving_state(own_lab).preparing == "")
    [run_id] = own_lab.detached("--set", "units=7", "--seed", 3, *SMALL)
    own_lab.wait(run_id, "finished")
    phases = [
        event.phase for event in JournalReader(own_lab.store.journal_path(run_id)).read() if event.event == "started"
    ]
    assert phases == ["loading", "training", "evaluating", "saving"]

    running, waiting = own_lab.detached("--seeds", 2, *LONG)
    own_lab.wait_for_epochs(running)
    assert "Asked 1 worker to leave." in own_lab("worker", "stop").err
    own_lab.end_of(worker)
    assert own_lab.run_of(running).status == "stopped"
    assert own_lab.run_of(running).record is not None
    assert eventually(lambda: not own_lab.processes()), "none has come in its place"
    assert own_lab.run_of(waiting).status == "queued"


def serving_state(lab: Lab) -> registry.WorkerState:
    [worker] = registry.workers(lab.runs)
    return worker.state


def test_an_idle_one_leaves_by_itself(own_lab: Lab) -> None:
    assert own_lab("worker", "--idle", 0).err == f"Serving {own_lab.runs}.\n"
    assert "No worker serves this folder." in own_lab("worker", "stop").err


def test_a_module_in_the_folder_where_a_run_is_asked_for_does_not_take_the_place_of_keras(own_lab: Lab) -> None:
    here = own_lab.runs.parent
    (here / "keras.py").write_text("import pathlib; pathlib.Path('imported').touch(); raise SystemExit(7)\n")
    [record] = own_lab.records(*SMALL)
    assert record["status"] == "finished"
    assert not (here / "imported").exists()


@pytest.mark.needs("unshare")
def test_a_full_disk_is_told_in_a_sentence_loses_no_record_and_drives_no_worker_round_in_circles(
    tmp_path: Path, cache: Path
) -> None:
    """All of :func:`on_a_full_disk`, within a file system of 384 KiB: not enough for the weights of one run."""
    mount_point = tmp_path / "disk"
    mount_point.mkdir()
    scenario = "import sys; from tests.commands.test_worker import on_a_full_disk; on_a_full_disk(*sys.argv[1:])"
    done = subprocess.run(
        [*on_tiny_disk(mount_point, "384k"), sys.executable, "-c", scenario, str(mount_point), str(cache)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr


def on_a_full_disk(mount_point: str, cache: str) -> None:
    lab = Lab(Path(mount_point) / "runs", Path(cache))
    try:
        [kept] = lab.records("--keep", "record", *SMALL)
        known = lab.store.ids()
        too_large = lab("run", *SMALL, code=3)
        assert re.search(r"No worker starts for .* the disk is full; free some space", too_large.err)
        [queued] = lab.asked_since(known)
        assert lab.run_of(queued).status == "queued", "it was not begun, since its weights could not be saved"
        assert not list(lab.runs.glob("*/.*"))
        lab("runs", "stop", queued)

        [running] = lab.detached(*LONG, "--keep", "record")
        waiting = ask(lab.store, from_experiment(make_record().experiment), threads=1).id
        lab.wait_for_epochs(running)
        filler = Path(mount_point) / "filler"
        fill(filler)
        assert "disk is full" in lab.wait(running, "died", "failed").reason
        assert eventually(lambda: not lab.workers())
        assert lab.run_of(waiting).status == "queued"
        fill(filler)  # what the worker has let go of
        assert "the disk is full; free some space" in lab.refused("run", *SMALL, code=3)
        assert "the disk is full; free some space" in lab.refused("runs", "watch", waiting, code=3)
        assert eventually(lambda: not lab.processes())
        assert lab("runs", "list", "--json").json["runs"][0] == kept

        filler.unlink()
        lab("runs", "stop", waiting)
        assert lab.run_of(waiting).status == "stopped"
    finally:
        lab.close()


def fill(path: Path) -> None:
    """Write until there is no room for another byte."""
    with path.open("ab", buffering=0) as raw:
        for size in (4096, 1):
            try:
                while True:
                    raw.write(bytes(size))
            except OSError:
                continue
