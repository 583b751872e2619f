"""Waiting runs: what ten thousand of them cost a worker and a frontend, and how fast many workers take them."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import processes
from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.parts import queue_timing, stub_worker
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Request
from mnist_lab.store import Store, registry
from mnist_lab.store.ids import new_id
from mnist_lab.store.parsing import to_json
from mnist_lab.workers.placement import ALL_THREADS

WAITING = 10_000
WORKERS = 32
_REST_SECONDS, _REST_SECONDS_QUICK = 20.0, 5.0
_TINY_RUNS, _TINY_RUNS_QUICK = 2_000, 500
_START_SECONDS, _TRAIN_SECONDS = 300.0, 300.0


def measure(options: PartOptions, narrate: Narrate) -> list[Table]:
    """See :data:`~benchmarks.measurements.Measure`."""
    narrate(f"queue: {WAITING:,} waiting runs")
    seconds = _REST_SECONDS_QUICK if options.quick else _REST_SECONDS
    measurements = _waiting(options.scratch / "waiting", seconds)
    runs = _TINY_RUNS_QUICK if options.quick else _TINY_RUNS
    narrate(f"queue: {WORKERS} workers take {runs:,} tiny runs")
    measurements.append(_claims(options.scratch / "claims", runs, options.scratch / "workers.log"))
    notes = (
        "At rest: the share of a core that a worker's looks at the queue, ten a second, and the looks of the open lab, "
        "twenty a second, take while nothing changes. Their files are in the system's file cache.",
        "When something changes: processor time of the look that finds it. A run that is paused or moved by somebody "
        "else is found within seven seconds among ten thousand; a new one at once.",
        f"{WORKERS} workers with trainings that compute nothing, in one folder: from the moment at which the runs are "
        "there until the last one has its record. Each run has its lease, journal and record, synced to the disk.",
    )
    return [Table("Waiting runs", tuple(measurements), notes)]


def fill(store: Store, count: int) -> list[str]:
    """Add runs that wait, one epoch each. Returns their ids."""
    store.root.mkdir(parents=True, exist_ok=True)
    found = []
    for seed in range(count):
        experiment = Experiment(seed=seed, epochs=1)
        asked_at = datetime.now(UTC)
        request = Request(id=new_id(), experiment=experiment, keep="record", threads=ALL_THREADS, asked_at=asked_at)
        folder = store.folder(request.id)
        folder.mkdir()
        (folder / "request.json").write_bytes(to_json(request))
        found.append(request.id)
    return found


def _waiting(folder: Path, seconds: float) -> list[Measurement]:
    fill(Store.locate(folder), WAITING)
    command = processes.module(queue_timing.__name__, str(folder), f"{seconds:g}")
    timed = json.loads(processes.output_of(command))
    return [
        measurement
        for who, words in (("worker", "a worker"), ("frontend", "the open lab"))
        for measurement in (
            Measurement(f"queue/{who}/rest", f"{words} at rest", "% of a core", (timed[who]["rest"],)),
            Measurement(f"queue/{who}/change", f"{words} when something changes", "ms", tuple(timed[who]["change"])),
        )
    ]


def _claims(folder: Path, runs: int, log: Path) -> Measurement:
    """Have many workers train tiny runs, which come into their folder at once."""
    store, aside = Store.locate(folder), Store.locate(folder.with_name("aside"))
    store.prepare()
    run_ids = fill(aside, runs)
    command = [*stub_worker.COMMAND, "worker", "--runs", str(folder), "--only", str(ALL_THREADS)]
    command += ["--workers", str(WORKERS), "--idle", "600"]
    with log.open("wb") as output:
        started = [
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=processes.CHECKOUT)
            for _ in range(WORKERS)
        ]
    try:
        _wait(lambda: len(list(registry.workers(folder))) == WORKERS, _START_SECONDS, log)
        since = time.monotonic()
        for run_id in run_ids:
            aside.folder(run_id).rename(store.folder(run_id))
        left = set(run_ids)

        def done() -> bool:
            left.difference_update([run_id for run_id in sorted(left)[:200] if store.has_record(run_id)])
            return not left

        _wait(done, _TRAIN_SECONDS, log)
        seconds = time.monotonic() - since
    finally:
        processes.kill_naming(folder)
        for process in started:
            process.wait()
    return Measurement("queue/claims", f"a tiny run, {WORKERS} workers together", "ms", (1e3 * seconds / runs,))


def _wait(true: Callable[[], bool], seconds: float, log: Path) -> None:
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TrainingError(f"The workers do not get on. The last line of their log: {processes.last_line(log)}")
        time.sleep(0.05)
