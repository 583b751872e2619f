"""Any number of synthetic saved runs: the files that a worker leaves, without weights and predictions."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from itertools import islice, product

from mnist_lab import __version__
from mnist_lab.experiments.events import EpochEnded, to_line
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import METRICS, Environment, History, Model, Record, Request, Result, Seconds
from mnist_lab.experiments.sections import walk
from mnist_lab.store import Store, files
from mnist_lab.store.ids import new_id
from mnist_lab.store.parsing import to_json

_MAX_SEEDS = 1000
_FIRST_ASKED_AT = datetime(2026, 1, 2, 12, tzinfo=UTC)
_INTERVAL = timedelta(seconds=7)
_MODEL = Model(
    parameters=101_770,
    layers=("flatten: 784", "dense_1 relu: 128, 100,480 parameters", "output: 10, 1,290 parameters"),
)
_ENVIRONMENT = Environment(
    mnist_lab=__version__,
    python="3.11.7",
    keras="3.15.1",
    backend="tensorflow",
    backend_version="2.21.0",
    engine="tensorflow",
    threads=1,
    device="a processor",
    host="a host",
    git_commit="0" * 40,
)


def fill(store: Store, count: int) -> None:
    """Add runs until there are ``count``: those of every section, seed after seed, 20 epochs each."""
    before = len(store.ids())
    presets = [(section.name, name) for section in walk() if not section.parts for name in section.presets]
    missing = islice(product(range(_MAX_SEEDS), presets), before, count)
    for number, (seed, (study, name)) in enumerate(missing, before):
        request, record = synthetic_run(study, name, seed, number)
        folder = store.folder(request.id)
        folder.mkdir(parents=True)
        for file, content in _files(request, record).items():
            (folder / file).write_bytes(content)


def publish(store: Store) -> str:
    """Save one more run, synced to disk as a worker does it, and return its id."""
    request, record = synthetic_run("activation", "relu", _MAX_SEEDS, _MAX_SEEDS)
    files.publish_folder(store.folder(request.id), _files(request, record))
    return request.id


def synthetic_run(study: str, name: str, seed: int, number: int) -> tuple[Request, Record]:
    """Request and record of a run of a section's preset; ``number`` seeds its random values."""
    experiment = preset(name).derive(seed=seed)
    draw = random.Random(number)
    asked_at = _FIRST_ASKED_AT + number * _INTERVAL
    request = Request(id=new_id(), experiment=experiment, preset=name, study=study, asked_at=asked_at)
    history = _history(experiment.epochs, draw)
    record = Record(
        id=request.id,
        status="finished",
        experiment=experiment,
        preset=name,
        study=study,
        started_at=asked_at + timedelta(seconds=draw.random()),
        finished_at=asked_at + timedelta(seconds=5 + draw.random()),
        history=history,
        epochs_run=experiment.epochs,
        result=Result(test_accuracy=history["val_accuracy"][-1], **{metric: history[metric][-1] for metric in METRICS}),
        seconds=Seconds(train=4.0, per_epoch=tuple(0.2 + draw.random() / 20 for _ in range(experiment.epochs))),
        model=_MODEL,
        environment=_ENVIRONMENT,
    )
    return request, record


def _files(request: Request, record: Record) -> dict[str, bytes]:
    events = (
        EpochEnded(
            at=record.started_at.timestamp() + epoch,
            epoch=epoch + 1,
            seconds=seconds,
            **{metric: record.history[metric][epoch] for metric in METRICS},
        )
        for epoch, seconds in enumerate(record.seconds.per_epoch)
    )
    return {
        "request.json": to_json(request),
        "journal.jsonl": b"".join(map(to_line, events)),
        "run.json": to_json(record),
    }


def _history(epochs: int, draw: random.Random) -> History:
    """Learning curves that decay exponentially, with noise."""
    decay = [math.exp(-epoch / 5) for epoch in range(epochs)]

    def curve(end: float, span: float, noise: float) -> list[float]:
        return [end + span * share + noise * draw.random() for share in decay]

    return {
        "loss": curve(0.02, 0.3, 0.01),
        "accuracy": curve(0.99, -0.08, 0.002),
        "val_loss": curve(0.07, 0.1, 0.01),
        "val_accuracy": curve(0.975, -0.04, 0.003),
    }
