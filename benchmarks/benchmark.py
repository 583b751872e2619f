"""Runs the parts of the benchmark one after another, and collects their results."""

from __future__ import annotations

import importlib
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks import facts, parts, processes
from benchmarks.measurements import Measure, Measurement, Narrate, PartOptions, Table
from benchmarks.targets import TargetResult, evaluate
from mnist_lab.errors import LabError, unknown

COMMAND = "python -m benchmarks"
SCHEMA = 2
"""The version of the JSON object."""

PARTS: Mapping[str, str] = {
    "epoch": "seconds per epoch, the lab versus stock Keras and PyTorch",
    "start": "--help, first paint, the time from the run key to the first epoch",
    "screen": "time from key to repaint, and terminal traffic, while training",
    "store": "listing and comparing many saved runs, and memory",
    "queue": "what waiting runs cost, and how fast many workers take them",
    "report": "all trainings of the report, the lab versus Keras fit (long)",
    "accuracy": "accuracy of bfloat16 versus float32, five seeds each (long)",
    "gpu": "runs per hour on a GPU, lanes versus Keras fit",
}
"""What each part measures. A part is a module of :mod:`benchmarks.parts` with a function ``measure``."""

DEFAULT_PARTS = ("epoch", "start", "screen", "store", "queue")
FULL_PARTS = (*DEFAULT_PARTS, "report", "accuracy")

_LIMIT_SECONDS = 14 * 60.0
"""When the default parts stop beginning what can be left out, so that they end within a quarter of an hour."""
_ROUNDS = 3


@dataclass(frozen=True)
class BenchmarkResult:
    """The result of one run of the benchmark.

    Attributes:
        command: The command that was typed.
        started_at: When it was started (UTC).
        machine, versions: See :mod:`benchmarks.facts`.
        tables: Of each part, in the order of :data:`PARTS`.
        seconds: How long each part took.
        failures: Why a part was not measured to its end, by part.
    """

    command: str
    started_at: datetime
    machine: dict[str, str]
    versions: dict[str, str]
    tables: dict[str, tuple[Table, ...]]
    seconds: dict[str, float]
    failures: dict[str, str]

    @property
    def measurements(self) -> dict[str, Measurement]:
        """All measurements by key."""
        return {
            measurement.key: measurement
            for tables in self.tables.values()
            for table in tables
            for measurement in table.measurements
        }

    @property
    def target_results(self) -> list[TargetResult]:
        return evaluate(self.measurements)

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``, all samples included."""
        measurements = self.measurements
        return {
            "schema": SCHEMA,
            "command": self.command,
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "machine": self.machine,
            "versions": self.versions,
            "seconds": {part: round(seconds, 1) for part, seconds in self.seconds.items()},
            "failures": self.failures,
            "targets": [
                asdict(result.target) | {"reached": result.reached, "met": result.met} for result in self.target_results
            ],
            "parts": {
                part: [
                    {
                        "title": table.title,
                        "notes": table.notes,
                        "measurements": [
                            asdict(measurement)
                            | {"value": measurement.value, "min": measurement.min, "max": measurement.max}
                            | {"times_faster": times_faster(measurement, measurements)}
                            for measurement in table.measurements
                        ],
                    }
                    for table in tables
                ]
                for part, tables in self.tables.items()
            },
        }


def times_faster(measurement: Measurement, measurements: Mapping[str, Measurement]) -> float | None:
    """The baseline's value divided by the measurement's; None where it has no baseline but itself."""
    baseline = measurements.get(measurement.baseline)
    if baseline is None or baseline.key == measurement.key or not measurement.value:
        return None
    return baseline.value / measurement.value


def run(names: Sequence[str], *, quick: bool, epochs: int | None, command: str, narrate: Narrate) -> BenchmarkResult:
    """Measure some parts.

    Args:
        names: Of the parts, from :data:`PARTS`.
        quick: Take fewer samples: minutes, and rough values.
        epochs: Of the trainings in the long parts; None: as many as the report's trainings have.
        command: The command that was typed; kept in the result.
        narrate: Called with a line of progress before each measurement.

    Raises:
        UsageError: There is no such part.
        LabError: The only part could not be measured at all.
    """
    for name in names:
        if name not in PARTS:
            raise unknown("part", name, PARTS, listed_by=f"{COMMAND} --help")
    begun = time.monotonic()
    tables: dict[str, tuple[Table, ...]] = {}
    seconds: dict[str, float] = {}
    failures: dict[str, str] = {}
    started_at, machine = datetime.now(UTC), facts.machine()
    with _scratch_folder() as scratch:
        for name in _ordered(names):
            deadline = begun + _LIMIT_SECONDS if name in DEFAULT_PARTS else float("inf")
            folder = scratch / name
            folder.mkdir()
            options = PartOptions(folder, quick, 1 if quick else _ROUNDS, deadline, epochs)
            since = time.monotonic()
            try:
                for table in _measure_function(name)(options, narrate):
                    tables[name] = (*tables.get(name, ()), table)
            except LabError as error:
                if len(names) == 1 and name not in tables:
                    raise
                failures[name] = str(error)
                narrate(f"{name}: {error}")
            finally:
                processes.kill_naming(folder)
            seconds[name] = time.monotonic() - since
    tables = {name: tables[name] for name in PARTS if name in tables}
    return BenchmarkResult(command, started_at, machine, facts.versions(), tables, seconds, failures)


def _measure_function(part: str) -> Measure:
    measure: Measure = importlib.import_module(f"{parts.__name__}.{part}").measure
    return measure


def _ordered(names: Sequence[str]) -> list[str]:
    """Default parts first, and of these ``epoch`` last: its later rounds take the time that is left."""
    order = list(PARTS)
    return sorted(set(names), key=lambda name: (name not in DEFAULT_PARTS, name == "epoch", order.index(name)))


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    """A temporary folder. At the end, by whatever exception or signal, it and all processes that name it are gone."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with tempfile.TemporaryDirectory(prefix="mnist-lab-bench-", ignore_cleanup_errors=True) as name:
            try:
                yield Path(name)
            finally:
                processes.kill_naming(Path(name))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
