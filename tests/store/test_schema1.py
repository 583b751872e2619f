"""A runs folder written by version 0.1.0, in every state that a run can be in, is read by this version.

``schema1/`` was made by real trainings of a few epochs without weights and predictions. Edited afterwards: the names
of host and boot, a record cut in two, and a record given a later schema.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mnist_lab.cli import app
from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.measurements import GRADIENT_NORMS, TEST_CURVE
from mnist_lab.experiments.study import of_plans
from mnist_lab.runs import requests
from mnist_lab.runs.coverage import RunsByTraining, cover
from mnist_lab.store import Store, owners, run_queue, studies

WRITTEN = Path(__file__).parent / "schema1"
MACHINE = "0123456789abcdef" * 2
MEASURED, TORN, LATER, DIED = "FKXMB3", "S6AWQW", "A0BQ7QJ", "C0Z6JA"

EXPECTED = {
    MEASURED: ("finished", ""),
    "F6Y0KQ": ("finished", ""),
    "3PKXW9": ("finished", ""),
    "7TWRTQ": ("finished", ""),
    "AC8AP5": ("finished", ""),
    "R1TDAZ": ("diverged", "The validation loss grew to 9.1e+26 in epoch 1."),
    "09F0RK": ("finished", ""),
    "E7RMT4": ("failed", "The images 000000000000 are not the lab's own; name their file with --data."),
    "SHX4W5": ("finished", ""),
    "S1AM9E": ("stopped", "Stopped in epoch 3, after step 352 of 469."),
    DIED: ("died", "Its worker was killed or crashed; worker.log in its folder has its last words."),
    "AMHVJF": ("queued", ""),
    "WW4SF7": ("paused", ""),
    "MX1FAN": ("queued", ""),
    "Z62QN0": ("stopped", "It was stopped before it began."),
    "82YPCR": ("stopped", "Stopped before the first step."),
    TORN: ("damaged", "run.json is damaged: Invalid JSON: EOF while parsing an object at line 61 column 17."),
    LATER: ("finished", "Its record is of schema 2, newer than this lab's 1."),
}
"""Status and reason by the end of the id, in the order of the requests."""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A copy of the folder, as if this host had written it."""
    root = tmp_path / "runs"
    shutil.copytree(WRITTEN, root)
    here = {"host": socket.gethostname(), "machine": MACHINE}
    for owner in root.glob("*/claim/owner.json"):
        owner.write_text(json.dumps(json.loads(owner.read_text()) | here))
        os.utime(owner.with_name("heartbeat"), (1000, 1000))
    monkeypatch.setattr(owners, "machine", lambda: MACHINE)
    return Store(root)


def shown(*command: str) -> str:
    """What a command prints, its error messages included."""
    done = CliRunner().invoke(app, [*command], env={"COLUMNS": "300"})
    assert done.exit_code == 0, done.output
    return done.output


def test_every_run_has_the_status_and_reason_that_it_had(store: Store) -> None:
    runs = store.runs()
    for run, (end, (status, reason)) in zip(runs, EXPECTED.items(), strict=True):
        assert run.id.endswith(end)
        assert (run.id, run.status, run.reason) == (run.id, status, reason)
        assert run.newer is (end == LATER)


def test_without_its_host_a_run_that_died_is_silent_since(store: Store) -> None:
    run = Store(WRITTEN).read(store.resolve(DIED))
    assert (run.status, run.elsewhere) == ("paused", True)


@pytest.mark.parametrize("end", EXPECTED)
def test_each_is_listed_and_shown(store: Store, end: str) -> None:
    run_id, (status, reason) = store.resolve(end), EXPECTED[end]
    listed = shown("runs", "list", "--runs", str(store.root))
    [row] = [line for line in listed.splitlines() if line.startswith(run_id[-6:])]
    assert row.split()[1] == status
    page = shown("runs", "show", end, "--runs", str(store.root))
    assert run_id in page
    assert reason in page


@pytest.mark.parametrize("end", [end for end in EXPECTED if end not in (TORN, LATER)])
def test_as_json_each_is_what_was_written(store: Store, end: str) -> None:
    folder = store.folder(store.resolve(end))
    path = folder / "run.json" if (folder / "run.json").exists() else folder / "request.json"
    written = json.loads(path.read_text())
    written["experiment"]["restore_best_weights"] = written["experiment"].pop("restore_best")
    output = json.loads(shown("runs", "show", end, "--json", "--runs", str(store.root)))
    assert output | written == output


def test_additional_measurements_are_read(store: Store) -> None:
    record = store.record(store.resolve(MEASURED))
    assert record.measurements == {"gradient_norms", "test_curve"}
    norms, curve = record.measured(GRADIENT_NORMS), record.measured(TEST_CURVE)
    assert norms is not None
    assert list(norms) == ["dense_1", "output"]
    assert curve is not None
    assert curve["accuracy"] == [0.3165, 0.474, 0.5436]
    expected = DEFAULT.derive(early_stopping=True, restore_best_weights=False, train_size=256, epochs=3)
    assert record.experiment == expected


def test_a_run_that_died_is_requested_again_as_before(store: Store) -> None:
    again = requests.retry(store, store.resolve(DIED))
    assert again.measurements == {"gradient_norms"}
    assert (again.keep, again.experiment.units) == ("record", 8)


def test_what_waits_keeps_its_order_and_its_pause(store: Store) -> None:
    assert [run.id[-6:] for run in run_queue.waiting(store)] == ["MX1FAN", "AMHVJF"]
    paused = store.resolve("WW4SF7")
    requests.resume(store, paused)
    assert [run.id[-6:] for run in run_queue.waiting(store)] == ["MX1FAN", "AMHVJF", "WW4SF7"]


def test_a_study_declared_again_is_the_same_and_has_its_runs(store: Store) -> None:
    [study] = studies.studies(store)
    base = plan.from_experiment(DEFAULT.derive(train_size=256, epochs=2))
    arms = plan.varied([base], {"units": ["8", "9"]})
    assert studies.declare(store, of_plans(arms, range(3))).id == study.id == "units-3fde2d"
    held = cover(plan.seeded(arms, range(3)), RunsByTraining(store.runs()))
    assert [run.id[-6:] for run in held.used.values()] == ["F6Y0KQ", "3PKXW9", "7TWRTQ", "AC8AP5"]
    assert [planned.experiment.seed for planned in held.missing] == [2, 2]


def test_a_note_on_an_old_record_changes_nothing_else(store: Store) -> None:
    run_id = store.resolve(MEASURED)
    before = store.record(run_id)
    requests.describe(store, run_id, "another", ["tag"])
    assert store.record(run_id) == before.model_copy(update={"note": "another", "tags": ("tag",)})
