"""The parts of the benchmark, run one after another, and what came of them all."""

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

from benchmarks import children, facts
from benchmarks.figures import Figure, Measure, Narrate, Settings, Table
from benchmarks.targets import Verdict, judge
from mnist_lab.errors import LabError, unknown

SCHEMA = 1
PARTS: Mapping[str, str] = {
    "epoch": "what an epoch costs, the lab beside the other ways",
    "start": "--help, first paint, from the run key to the first epoch",
    "screen": "from key to repaint while training, bytes to the terminal",
    "store": "many saved runs: list, compare, memory",
    "report": "all trainings of the report, the lab beside Keras fit (long)",
    "accuracy": "bfloat16 beside float32, five seeds of each (long)",
    "gpu": "runs an hour on a GPU, lanes beside Keras fit",
}
"""Every part, each a module of this package with a function ``measure``."""

USUAL = ("epoch", "start", "screen", "store")
FULL = (*USUAL, "report", "accuracy")

_LIMIT_SECONDS = 14 * 60.0
"""When the usual parts begin nothing more that can be left out: they are to end within a quarter of an hour."""
_ROUNDS = 3


@dataclass(frozen=True)
class Benchmark:
    """One run of the benchmark.

    Attributes:
        command: How it was asked for.
        at: When it began.
        machine, versions: See :mod:`benchmarks.facts`.
        tables: Of each part, in the order of :data:`PARTS`.
        seconds: What each part took.
        failures: Why a part was not measured to its end, by the part.
    """

    command: str
    at: datetime
    machine: dict[str, str]
    versions: dict[str, str]
    tables: dict[str, tuple[Table, ...]]
    seconds: dict[str, float]
    failures: dict[str, str]

    @property
    def figures(self) -> dict[str, Figure]:
        return {figure.key: figure for tables in self.tables.values() for table in tables for figure in table.figures}

    @property
    def verdicts(self) -> list[Verdict]:
        return judge(self.figures)

    def to_json(self) -> dict[str, Any]:
        """Plain data for ``json.dumps``, all samples included."""
        figures = self.figures
        return {
            "schema": SCHEMA,
            "command": self.command,
            "at": self.at.isoformat(timespec="seconds"),
            "machine": self.machine,
            "versions": self.versions,
            "seconds": {part: round(seconds, 1) for part, seconds in self.seconds.items()},
            "failures": self.failures,
            "targets": [
                asdict(verdict.target) | {"reached": verdict.reached, "met": verdict.met} for verdict in self.verdicts
            ],
            "parts": {
                part: [
                    {
                        "title": table.title,
                        "notes": table.notes,
                        "figures": [
                            asdict(figure)
                            | {"value": figure.value, "low": figure.low, "high": figure.high}
                            | {"times_faster": times_faster(figure, figures)}
                            for figure in table.figures
                        ],
                    }
                    for table in tables
                ]
                for part, tables in self.tables.items()
            },
        }


def times_faster(figure: Figure, figures: Mapping[str, Figure]) -> float | None:
    """How many times a figure goes into the one it is set against; None where it stands alone."""
    other = figures.get(figure.against)
    return None if other is None or other.key == figure.key or not figure.value else other.value / figure.value


def run(parts: Sequence[str], *, quick: bool, epochs: int | None, command: str, narrate: Narrate) -> Benchmark:
    """Measure some parts.

    Args:
        parts: Names from :data:`PARTS`.
        quick: Roughly, in minutes.
        epochs: Of the trainings in the long parts; None: as many as the report's have.
        command: Kept with the figures.
        narrate: Told, a line each, what is being measured.

    Raises:
        UsageError: There is no such part.
        LabError: The only part could not be measured at all.
    """
    for part in parts:
        if part not in PARTS:
            raise unknown("part", part, PARTS, listed_by="mnist-lab bench --help")
    begun = time.monotonic()
    tables: dict[str, tuple[Table, ...]] = {}
    seconds: dict[str, float] = {}
    failures: dict[str, str] = {}
    at, machine = datetime.now(UTC), facts.machine()
    with _scratch() as scratch:
        for part in _in_turn(parts):
            limit = begun + _LIMIT_SECONDS if part in USUAL else float("inf")
            folder = scratch / part
            folder.mkdir()
            settings = Settings(folder, quick, 1 if quick else _ROUNDS, limit, epochs)
            since = time.monotonic()
            try:
                for table in _measure_of(part)(settings, narrate):
                    tables[part] = (*tables.get(part, ()), table)
            except LabError as error:
                if len(parts) == 1 and part not in tables:
                    raise
                failures[part] = str(error)
                narrate(f"{part}: {error}")
            finally:
                children.end_all(folder)
            seconds[part] = time.monotonic() - since
    ordered = {part: tables[part] for part in PARTS if part in tables}
    return Benchmark(command, at, machine, facts.versions(), ordered, seconds, failures)


def _measure_of(part: str) -> Measure:
    measure: Measure = importlib.import_module(f"{__package__}.{part}").measure
    return measure


def _in_turn(parts: Sequence[str]) -> list[str]:
    """Epochs after the other usual parts: their later rounds fill the time that is left."""
    return sorted(dict.fromkeys(parts), key=lambda part: (part not in USUAL, part == "epoch", list(PARTS).index(part)))


@contextmanager
def _scratch() -> Iterator[Path]:
    """A temporary folder. Whatever ends this, no process that knows the folder is left, nor the folder."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        with tempfile.TemporaryDirectory(prefix="mnist-lab-bench-", ignore_cleanup_errors=True) as name:
            try:
                yield Path(name)
            finally:
                children.end_all(Path(name))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
