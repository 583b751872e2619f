"""Time from the run key to the first epoch on the screen: the lab on a pseudo-terminal, with real workers."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks import processes
from benchmarks.measurements import Measurement, Narrate, PartOptions, Table
from benchmarks.terminal import COLUMNS, FIRST_FRAME, LINES, TIMEOUT, Terminal, lab
from mnist_lab.data import dataset
from mnist_lab.data.dataset import PACKAGE_FILE
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.events import EpochEnded, PhaseStarted
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.machine.cache import CACHE_VARIABLE, user_cache
from mnist_lab.store import Store
from mnist_lab.store.journal import JournalReader

_EPOCHS = 7
"""Of the runs after the first: a number that the screen shows nowhere else."""
_SETTLE_SECONDS = 0.5
"""For the effect of a key to be shown; not counted."""
_SEEN_TIMES = 2
_LONG_PHASE_SECONDS = 0.5
"""A phase that takes longer has to be shown."""
_PHASES = ("importing", "loading", "compiling")
_COLD, _CACHED, _ALONE, _SEEN, _NEW = "cold", "cold-cached", "alone", "seen", "new"
_NAMES = {
    _COLD: "no worker, nothing of this network compiled on this machine",
    _CACHED: "no worker, this network compiled here before",
    _ALONE: "workers warm from a section, the first single run after it",
    _SEEN: "a warm worker, a shape it has trained before",
    _NEW: "a warm worker, a new shape, run as soon as it was chosen",
}


@dataclass
class _KeyTimes:
    """Seconds after the run key, one sample per key press.

    Attributes:
        total: Until the first epoch was shown.
        phases: By phase.
        hidden: How many long phases the screen did not show.
    """

    total: list[float] = field(default_factory=list)
    phases: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    hidden: list[float] = field(default_factory=list)

    @property
    def note(self) -> str:
        return ", ".join(f"{phase} {median(seconds):.2f}" for phase, seconds in self.phases.items())


def measure(options: PartOptions, narrate: Narrate) -> Table:
    """The table of first epochs; each round starts a stock script, then the lab."""
    times = {name: _KeyTimes() for name in _NAMES}
    scripts: list[float] = []
    dataset.load()  # builds the cache of images where there is none
    known = user_cache()
    for number in range(options.rounds):
        if number and options.past_deadline:
            break
        narrate(f"start, round {number + 1} of {options.rounds}: a stock script")
        scripts.append(_script(options.scratch))
        narrate(f"start, round {number + 1} of {options.rounds}: the lab, from the run key to the first epoch")
        folder = options.scratch / f"round-{number}"
        cache = folder / "cache"
        if known.is_dir():
            shutil.copytree(known, cache, ignore=shutil.ignore_patterns("compiled"))
        with _open_lab(folder / "runs", cache) as session:
            session.run(times[_COLD], DEFAULT.epochs)
            session.stop_all()
            session.choose_custom()
            session.run(times[_ALONE], _EPOCHS)
            session.wait_until_ended()
            for _ in range(_SEEN_TIMES):
                session.run(times[_SEEN], _EPOCHS)
                session.wait_until_ended()
            session.choose_units(96)
            session.run(times[_NEW], _EPOCHS)
        if not options.quick:
            with _open_lab(folder / "other-runs", cache) as session:
                session.run(times[_CACHED], DEFAULT.epochs)
    return _table(times, scripts)


def _table(times: dict[str, _KeyTimes], scripts: list[float]) -> Table:
    stock = Measurement(
        "start/stock-script", "a stock Keras script, from its start to the end of its first epoch", "s", tuple(scripts)
    )
    first_epochs = [
        Measurement(f"start/first-epoch/{name}", _NAMES[name], "s", tuple(one.total), baseline=stock.key, note=one.note)
        for name, one in times.items()
        if one.total
    ]
    hidden = Measurement(
        "start/phases-not-shown",
        f"phases of a cold start longer than {_LONG_PHASE_SECONDS} s that the screen did not show, maximum",
        "phases",
        tuple(times[_COLD].hidden),
        quantile=1.0,
    )
    notes = (
        "From the run key, written to the lab's pseudo-terminal, to the bytes that show the first epoch of a run there "
        f"({COLUMNS}×{LINES}). Cold: the key is sent at the first frame of a newly opened lab, for the five runs of "
        "its first section, which are then stopped. Warm: runs of the default network, one at a time, then one with "
        "another number of units.",
        "The user's cache is used, without compiled steps, of which there are none at first. The notes split the time "
        "by phase, from the run's journal: medians, in seconds.",
    )
    return Table("From the run key to the first epoch, dense", (*first_epochs, stock, hidden), notes)


def _script(scratch: Path) -> float:
    stderr = scratch / "stderr.txt"
    since = time.monotonic()
    with (
        stderr.open("wb") as log,
        processes.child(
            [*processes.script("stock_script"), str(PACKAGE_FILE)],
            cores=processes.cores(),
            stderr=log,
            environment={"KERAS_BACKEND": "tensorflow"},
        ) as process,
    ):
        assert process.stdout is not None
        if not any(line == "done\n" for line in process.stdout):
            raise TrainingError(f"The stock script failed: {processes.last_line(stderr)}")
        return time.monotonic() - since


@contextmanager
def _open_lab(runs: Path, cache: Path) -> Iterator[_LabSession]:
    """The lab on a new runs folder, at its first frame; it and its workers are killed at the end."""
    runs.mkdir(parents=True)
    environment = {CACHE_VARIABLE: str(cache)}
    try:
        with Terminal(lab(runs), columns=COLUMNS, lines=LINES, environment=environment) as terminal:
            terminal.wait(*FIRST_FRAME)
            yield _LabSession(terminal, Store(runs))
    finally:
        processes.kill_naming(runs)


class _LabSession:
    """The lab on a terminal, driven by keys."""

    def __init__(self, terminal: Terminal, store: Store) -> None:
        self._terminal = terminal
        self._store = store

    def run(self, times: _KeyTimes, epochs: int) -> None:
        """Press the run key, and wait until the first of ``epochs`` epochs is shown."""
        before = set(self._store.ids())
        written = len(self._terminal.received)
        pressed = self._terminal.press(b"r")
        shown = self._terminal.wait(f"1/{epochs}".encode(), after=written)
        times.total.append(shown - pressed)
        self._add_phases(times, before, pressed, shown, bytes(self._terminal.received[written:]))

    def stop_all(self) -> None:
        self._terminal.press(b"S")
        self.wait_until_ended()

    def wait_until_ended(self) -> None:
        """Wait until every run has ended.

        Raises:
            TrainingError: One did not end in time.
        """
        deadline = time.monotonic() + TIMEOUT
        while not all(run.ended for run in self._store.runs()):
            self._terminal.drain(0.1)
            if time.monotonic() > deadline:
                raise TrainingError(f"Runs of the lab did not end within {TIMEOUT:.0f} s.")
        self._terminal.drain(_SETTLE_SECONDS)

    def choose_custom(self) -> None:
        """Go to the section of a single run, the default network, and set few epochs."""
        self._type(b"0", b"CUSTOM")
        self._type(b"e", b"back to the runs")
        self._type(b"\t")
        self._type(str(_EPOCHS).encode())
        self._type(b"\x1b", b"compare")

    def choose_units(self, units: int) -> None:
        """Change the base experiment; return as soon as the form shows it."""
        self._type(b"b", b"BASE EXPERIMENT")
        for keys in (b"\t", b"\t", str(units).encode()):
            self._type(keys)
        written = len(self._terminal.received)
        self._terminal.press(b"\r")
        self._terminal.wait(f"dense {units}".encode(), after=written)

    def _type(self, keys: bytes, shown: bytes = b"") -> None:
        """Press keys that are not timed, and wait until their effect is shown."""
        written = len(self._terminal.received)
        self._terminal.press(keys)
        self._terminal.wait(shown, after=written)
        self._terminal.drain(_SETTLE_SECONDS)

    def _add_phases(self, times: _KeyTimes, before: set[str], pressed: float, shown: float, written: bytes) -> None:
        """Add the phases of the first new run to complete an epoch, and how many of them the screen did not show."""
        to_utc = time.time() - time.monotonic()
        journals = [
            JournalReader(self._store.journal_path(run_id)).read()
            for run_id in self._store.ids()
            if run_id not in before
        ]
        ended = [(event.at, events) for events in journals for event in events if isinstance(event, EpochEnded)]
        first, events = min(ended, key=lambda one: one[0])
        phases = [(event.phase, event.at) for event in events if isinstance(event, PhaseStarted) and event.at < first]
        moments = [("starting", pressed + to_utc), *phases, ("showing", first), ("", shown + to_utc)]
        seconds: defaultdict[str, float] = defaultdict(float)
        for (phase, begun), (_, ended_at) in pairwise(moments):
            seconds[phase] += ended_at - begun
        for phase, value in seconds.items():
            times.phases[phase].append(value)
        hidden = [phase for phase in _PHASES if seconds[phase] > _LONG_PHASE_SECONDS and phase.encode() not in written]
        times.hidden.append(len(hidden))
