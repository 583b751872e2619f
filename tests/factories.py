"""Values that tests need and do not care about."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mnist_lab.experiments.experiment import DEFAULT, Experiment
from mnist_lab.experiments.record import METRICS, Environment, Record, Request, Result, Seconds
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Run, RunStatus
from mnist_lab.store.ids import new_id
from mnist_lab.workers.placement import Placement

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)

ONE_WORKER = Placement(workers=1, threads=1)
"""A worker of one thread, on whatever machine."""

OBEYED = "\x1b[31mred\x1b]52;c;cGF3bmVk\x07\x1b]0;title\x1b\\\x9b2J\x9d8;;\x85\u202e\u2066\u200f\x7f\x00\r\b"
"""Everything that a terminal would obey: CSI, OSC 52, OSC 0, C1, bidirectional controls, DEL, C0."""


def is_harmless(text: str) -> bool:
    """Whether a terminal would obey nothing in it."""
    return not any(
        (ord(char) < 32 and char not in "\n\t")
        or 127 <= ord(char) < 160
        or char in "\u061c\u200e\u200f"
        or 0x202A <= ord(char) <= 0x202E
        or 0x2066 <= ord(char) <= 0x2069
        or 0xD800 <= ord(char) <= 0xDFFF
        for char in text
    )


def make_request(run_id: str | None = None, **fields: Any) -> Request:
    return Request(**{"id": run_id or new_id(), "experiment": DEFAULT, "asked_at": NOON} | fields)


def make_record(
    run_id: str | None = None, *, val_loss: float = 0.08, val_accuracy: float = 0.97, **fields: Any
) -> Record:
    """The record of a run of two epochs; ``changes`` are what its experiment changes.

    What is not given fits what is: a loss that is not finite is that of a run that diverged, a history or
    ``epochs_run`` says how many epochs there are.
    """
    changes = fields.pop("changes", {})
    history = fields.get("history", {})
    epochs = fields.get("epochs_run", len(next(iter(history.values()), ())) if "history" in fields else 2)
    before = [0.3] * (epochs - 1) + [0.2] * (epochs > 0)
    losses = [0.1] * (epochs - 1) + [val_loss] * (epochs > 0)
    found = fields.get("history", dict.fromkeys(METRICS, before) | {"val_loss": losses})
    finite = all(map(math.isfinite, [*found.get("loss", ()), *found.get("val_loss", ())]))
    ended: dict[str, Any] = {
        "id": run_id or new_id(),
        "status": "finished" if finite else "diverged",
        "experiment": Experiment(epochs=2).derive(**changes),
        "started_at": NOON,
        "finished_at": NOON + timedelta(seconds=3),
        "history": found,
        "epochs_run": epochs,
        "result": Result(loss=0.2, accuracy=0.95, val_loss=val_loss, val_accuracy=val_accuracy, test_accuracy=0.96),
        "seconds": Seconds(startup=1.0, compile=0.5, train=0.5, per_epoch=tuple(before)),
        "environment": Environment(mnist_lab="0.1.0", python="3.11.7", device="CPU"),
    }
    return Record(**ended | fields)


def make_view(
    run_id: str = "X",
    status: RunStatus = "queued",
    *,
    label: str = "x",
    experiment: Experiment = DEFAULT,
    study: str | None = None,
    **fields: Any,
) -> RunSnapshot:
    """What a request and a journal show of a run, without the files."""
    request = make_request(run_id, experiment=experiment, study=study)
    return RunSnapshot(Run(run_id, status, request), label, **fields)


def put(root: Path, name: str, content: bytes, run_id: str | None = None) -> str:
    """Put a file into a run's folder behind the store's back, and return the run's id."""
    run_id = run_id or new_id()
    (root / run_id).mkdir(parents=True, exist_ok=True)
    (root / run_id / name).write_bytes(content)
    return run_id


def elsewhere(folder: Path, *, silent: float | None = 3600.0, host: str = "elsewhere") -> None:
    """Have the lease of a folder be held on another host, silent for so many seconds."""
    owner = folder / "claim" / "owner.json"
    other = {"host": host, "boot": "another", "machine": "another", "lock": None}
    owner.write_text(json.dumps(json.loads(owner.read_text()) | other))
    if silent is not None:
        heard = time.time() - silent
        os.utime(folder / "claim" / "heartbeat", (heard, heard))


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """Have the operating system refuse to read a file, whoever asks: meanwhile a link to itself is in its place."""
    aside = path.with_name(f".{path.name}.aside")
    path.rename(aside)
    path.symlink_to(path.name)
    try:
        yield
    finally:
        aside.replace(path)


def short(value: object) -> str:
    """The name of a test's case, however long the case is."""
    return ascii(value)[:40]
