"""What is done to a runs folder while it is disturbed: commands, each with what must be true once it has been done."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import from_experiment
from mnist_lab.runs import requests
from mnist_lab.store import Store, studies
from tests.commands.lab import SCRIPT, SMALL, Lab

_AS_COMMAND = """
import sys
from mnist_lab.errors import LabError
try:
    exec(sys.argv.pop(1))
except LabError as error:
    print("mnist-lab:", error, file=sys.stderr)
    sys.exit(error.exit_code)
"""
"""Runs a script; an error of the lab is a sentence and an exit code, as of a command."""
_ASK = """
import sys
from pathlib import Path
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import from_experiment
from mnist_lab.runs import requests
from mnist_lab.store import Store
requests.ask(Store(Path(sys.argv[1])), from_experiment(DEFAULT), note="asked")
"""
_CALL = """
import sys
from pathlib import Path
from mnist_lab.runs import requests
from mnist_lab.store import Store
store, name, run_id = Store(Path(sys.argv[1])), *sys.argv[2:]
if name == "describe":
    requests.describe(store, run_id, "described", ["tag"])
else:
    getattr(requests, name)(store, run_id)
"""

_STUDY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.study import Study
from mnist_lab.store import Store, studies
store = Store(Path(sys.argv[1]))
arms = {"128": DEFAULT, "64": DEFAULT.derive(units=64)}
now = datetime.now(UTC)
studies.declare(
    store, Study(id="units", title="units", factor=("units",), arms=arms, baseline="128", seeds=(0, 1), asked_at=now)
)
"""
_EXPORT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from mnist_lab.analysis.tables.export import save
from mnist_lab.analysis.tables.frames import runs_frame
from mnist_lab.store import Store
store = Store(Path(sys.argv[1]))
save(runs_frame([run.record for run in store.runs() if run.record]), "csv", store.root.parent, datetime.now(UTC))
"""


@dataclass(frozen=True)
class Folder:
    """The runs of the folder that is disturbed: their ids."""

    finished: str
    other: str
    queued: str
    paused: str
    stopped: str


@dataclass(frozen=True)
class Operation:
    """A command on the folder, with its end.

    Attributes:
        name: Of it.
        command: Makes its words.
        done: Whether it has been done.
        target: The finished run that it may change or remove, if any.
    """

    name: str
    command: Callable[[Lab, Folder], Sequence[object]]
    done: Callable[[Store, Folder], bool]
    target: Callable[[Folder], str | None] = lambda folder: None


def _script(text: str, *arguments: str) -> Callable[[Lab, Folder], Sequence[object]]:
    def command(lab: Lab, folder: Folder) -> Sequence[object]:
        return [sys.executable, "-c", _AS_COMMAND, text, lab.runs, *(getattr(folder, name, name) for name in arguments)]

    return command


def _cli(*words: str) -> Callable[[Lab, Folder], Sequence[object]]:
    def command(lab: Lab, folder: Folder) -> Sequence[object]:
        return [SCRIPT, *(getattr(folder, word, word) for word in words)]

    return command


def _status(store: Store, run_id: str) -> str:
    try:
        return store.read(run_id).status
    except FileNotFoundError:
        return "gone"


RUNS = 5
"""In the folder that is disturbed."""

_SMALL = DEFAULT.derive(train_size=2560, epochs=1)

OPERATIONS = (
    Operation("ask", _script(_ASK), lambda store, folder: len(store.ids()) == RUNS + 1),
    Operation(
        "stop",
        _script(_CALL, "stop", "queued"),
        lambda store, folder: _status(store, folder.queued) in ("stopped", "died"),
    ),
    Operation(
        "pause",
        _script(_CALL, "pause", "queued"),
        lambda store, folder: _status(store, folder.queued) == "paused",
    ),
    Operation(
        "resume",
        _script(_CALL, "resume", "paused"),
        lambda store, folder: _status(store, folder.paused) == "queued",
    ),
    Operation("retry", _script(_CALL, "retry", "stopped"), lambda store, folder: len(store.ids()) == RUNS + 1),
    Operation(
        "describe",
        _script(_CALL, "describe", "finished"),
        lambda store, folder: store.record(folder.finished).note == "described",
        lambda folder: folder.finished,
    ),
    Operation(
        "remove",
        _cli("runs", "remove", "finished", "--yes"),
        lambda store, folder: _status(store, folder.finished) == "gone",
        lambda folder: folder.finished,
    ),
    Operation(
        "study",
        _script(_STUDY),
        lambda store, folder: [study.seeds for study in studies.studies(store) if study.id == "units"] == [(0, 1)],
    ),
    Operation("export", _script(_EXPORT), lambda store, folder: any(store.root.parent.glob("mnist-lab-compare-*.csv"))),
    Operation(
        "worker",
        _cli("worker", "--idle", "0.1", "--threads", "1"),
        lambda store, folder: _status(store, folder.queued) in ("finished", "died", "failed"),
    ),
    Operation("prune", _cli("runs", "prune", "--yes"), lambda store, folder: True),
    Operation("list", _cli("runs", "list", "--json"), lambda store, folder: True),
    Operation("compare", _cli("compare", "--by", "seed", "--format", "csv"), lambda store, folder: True),
    Operation(
        "report",
        _cli("report", "--section", "activation", "--out", "report"),
        lambda store, folder: (store.root.parent / "report" / "report.html").is_file(),
    ),
)

NAMES = tuple(operation.name for operation in OPERATIONS)


def prepare(lab: Lab) -> Folder:
    """Make a folder of real runs: two finished ones with all their files, one each queued, paused and stopped."""
    records = lab.records("--section", "width", *SMALL[:2], "--epochs", "1", "--seeds", "1")
    lab.close()
    queued, paused, stopped = (
        requests.ask(lab.store, from_experiment(_SMALL.derive(seed=seed)), keep="all", threads=1).id
        for seed in (1, 2, 3)
    )
    requests.pause(lab.store, paused)
    requests.stop(lab.store, stopped)
    finished, other = (record["id"] for record in records[:2])
    for record in records[2:]:
        lab.store.remove(record["id"])
    return Folder(finished, other, queued, paused, stopped)


def copied(template: Lab, target: Path) -> Lab:
    """A fresh copy of a prepared folder."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    lab = Lab(target / "runs", Path(template.environment["MNIST_LAB_CACHE"]))
    shutil.copytree(template.runs, lab.runs, symlinks=True)
    return lab


def content(store: Store, run_id: str) -> dict[str, bytes]:
    """The files of a run."""
    folder = store.folder(run_id)
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file()}


def complaint(lab: Lab, folder: Folder, operation: Operation, before: dict[str, bytes]) -> str:
    """What is wrong with a folder in which an operation was disturbed; empty where nothing is.

    Args:
        lab: The folder.
        folder: Its runs.
        operation: What was disturbed.
        before: The files of the finished run that no operation concerns.
    """
    if content(lab.store, folder.other) != before:
        return "a finished run that it did not concern has changed"
    listed = lab("runs", "list", "--json").json["runs"]
    statuses = {run["id"]: run["status"] for run in listed}
    if damaged := [run_id for run_id, status in statuses.items() if status in ("damaged", "unreadable")]:
        return f"left a damaged run: {damaged}"
    target = operation.target(folder)
    if target is not None and target in statuses and statuses[target] != "finished":
        return f"the run that it concerned has become {statuses[target]}"
    if operation.done(lab.store, folder):
        return ""
    words = [*map(str, operation.command(lab, folder))]
    again = subprocess.run(
        words, env=lab.environment, cwd=lab.runs.parent, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    if operation.done(lab.store, folder):
        return ""
    return f"cannot be done afterwards: {again.returncode}, {again.stderr.decode(errors='replace')[-300:]}"
