"""From the run key to the first epoch on the screen: the lab on a real terminal, with real workers."""

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

from benchmarks import children
from benchmarks.figures import Figure, Narrate, Settings, Table
from benchmarks.terminal import COLUMNS, FRAME, LINES, PATIENCE, Terminal, lab
from mnist_lab.data import dataset
from mnist_lab.data.dataset import CACHE_VARIABLE, PACKAGE_FILE
from mnist_lab.errors import TrainingError
from mnist_lab.experiments.events import EpochEnded, PhaseStarted
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.store import Store
from mnist_lab.store.journal import JournalReader

_EPOCHS = 7
"""Of the runs after the first: a number that stands nowhere else on the screen."""
_SETTLED = 0.5
"""Seconds for what a key has changed to be there; they count for nothing."""
_SEEN_TIMES = 2
_LONG_PHASE = 0.5
"""Seconds from which on a phase has to be seen."""
_PHASES = ("importing", "loading", "compiling")
_COLD, _CACHED, _ALONE, _SEEN, _NEW = "cold", "cold-cached", "alone", "seen", "new"
_NAMES = {
    _COLD: "no worker, nothing of this network compiled on this machine",
    _CACHED: "no worker, this network compiled here before",
    _ALONE: "workers warm from a section, the first run by itself after it",
    _SEEN: "a warm worker, a shape it has trained before",
    _NEW: "a warm worker, a new shape, run as soon as it was chosen",
}


@dataclass
class _Samples:
    """Seconds by what they were spent on, one value a key."""

    total: list[float] = field(default_factory=list)
    spent: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    unseen: list[float] = field(default_factory=list)

    @property
    def note(self) -> str:
        return ", ".join(f"{what} {median(seconds):.2f}" for what, seconds in self.spent.items())


def measure(settings: Settings, narrate: Narrate) -> Table:
    """The table of first epochs; rounds of a stock script and of the lab in turns."""
    samples = {name: _Samples() for name in _NAMES}
    scripts: list[float] = []
    dataset.load()  # builds the cache of images where there is none
    known = dataset.cache_folder().parent
    for number in range(settings.rounds):
        if number and settings.late:
            break
        narrate(f"start, round {number + 1} of {settings.rounds}: a stock script")
        scripts.append(_script(settings.scratch))
        narrate(f"start, round {number + 1} of {settings.rounds}: the lab, from the run key to the first epoch")
        folder = settings.scratch / f"round-{number}"
        cache = folder / "cache"
        if known.is_dir():
            shutil.copytree(known, cache, ignore=shutil.ignore_patterns("compiled"))
        with _opened(folder / "runs", cache) as lab_screen:
            lab_screen.run(samples[_COLD], DEFAULT.epochs)
            lab_screen.stop_all()
            lab_screen.choose_custom()
            lab_screen.run(samples[_ALONE], _EPOCHS)
            lab_screen.wait_for_the_end()
            for _ in range(_SEEN_TIMES):
                lab_screen.run(samples[_SEEN], _EPOCHS)
                lab_screen.wait_for_the_end()
            lab_screen.choose_units(96)
            lab_screen.run(samples[_NEW], _EPOCHS)
        if not settings.quick:
            with _opened(folder / "other-runs", cache) as lab_screen:
                lab_screen.run(samples[_CACHED], DEFAULT.epochs)
    return _table(samples, scripts)


def _table(samples: dict[str, _Samples], scripts: list[float]) -> Table:
    stock = Figure(
        "start/stock-script", "a stock Keras script, from its start to the end of its first epoch", "s", tuple(scripts)
    )
    figures = [
        Figure(f"start/first-epoch/{name}", _NAMES[name], "s", tuple(one.total), against=stock.key, note=one.note)
        for name, one in samples.items()
        if one.total
    ]
    unseen = Figure(
        "start/phases-not-shown",
        f"phases of a cold start longer than {_LONG_PHASE} s that the screen did not show, at most",
        "phases",
        tuple(samples[_COLD].unseen),
        quantile=1.0,
    )
    notes = (
        "From the run key, written to the lab's pseudo-terminal, to the bytes that show the first epoch of a run there "
        f"({COLUMNS}×{LINES}). Cold: the key comes with the first frame of a lab just opened, for the "
        "five runs of its first section, which are then stopped. Warm: runs of the default network, one at a "
        "time, then one of another number of units.",
        "The user's cache is used as it is, but for compiled steps, of which there are none at first. The notes say "
        "where the time went, by the run's journal: medians, in seconds.",
    )
    return Table("From the run key to the first epoch, dense", (*figures, stock, unseen), notes)


def _script(scratch: Path) -> float:
    complaints = scratch / "complaints.txt"
    since = time.monotonic()
    with (
        complaints.open("wb") as log,
        children.child(
            [*children.script("script"), str(PACKAGE_FILE)],
            on=children.cores(),
            complaints=log,
            environment={"KERAS_BACKEND": "tensorflow"},
        ) as process,
    ):
        assert process.stdout is not None
        if not any(line == "done\n" for line in process.stdout):
            raise TrainingError(f"The stock script failed: {children.last_line(complaints)}")
        return time.monotonic() - since


@contextmanager
def _opened(runs: Path, cache: Path) -> Iterator[_Lab]:
    """The lab on a new runs folder, at its first frame; its workers go with it."""
    runs.mkdir(parents=True)
    environment = {CACHE_VARIABLE: str(cache)}
    try:
        with Terminal(lab(runs), columns=COLUMNS, lines=LINES, environment=environment) as terminal:
            terminal.wait(*FRAME)
            yield _Lab(terminal, Store(runs))
    finally:
        children.end_all(runs)


class _Lab:
    """The lab on a terminal, and a person at it."""

    def __init__(self, terminal: Terminal, store: Store) -> None:
        self._terminal = terminal
        self._store = store

    def run(self, samples: _Samples, epochs: int) -> None:
        """Press the run key, and wait for the first epoch of so many."""
        before = set(self._store.ids())
        written = len(self._terminal.received)
        pressed = self._terminal.press(b"r")
        shown = self._terminal.wait(f"1/{epochs}".encode(), after=written)
        samples.total.append(shown - pressed)
        self._account(samples, before, pressed, shown, bytes(self._terminal.received[written:]))

    def stop_all(self) -> None:
        self._terminal.press(b"S")
        self.wait_for_the_end()

    def wait_for_the_end(self) -> None:
        """Wait until no run is left that has not ended.

        Raises:
            TrainingError: They do not end.
        """
        deadline = time.monotonic() + PATIENCE
        while not all(run.ended for run in self._store.runs()):
            self._terminal.drain(0.1)
            if time.monotonic() > deadline:
                raise TrainingError(f"Runs of the lab did not end within {PATIENCE:.0f} s.")
        self._terminal.drain(_SETTLED)

    def choose_custom(self) -> None:
        """Turn to the section of one run, the default network, with few epochs."""
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
        """Press keys that are not timed, and wait for what they show."""
        written = len(self._terminal.received)
        self._terminal.press(keys)
        self._terminal.wait(shown, after=written)
        self._terminal.drain(_SETTLED)

    def _account(self, samples: _Samples, before: set[str], pressed: float, shown: float, written: bytes) -> None:
        """Say where the time of the first run to end an epoch went, and which of its phases could not be seen."""
        to_utc = time.time() - time.monotonic()
        journals = [
            JournalReader(self._store.journal_path(run_id)).read()
            for run_id in self._store.ids()
            if run_id not in before
        ]
        ended = [(event.at, events) for events in journals for event in events if isinstance(event, EpochEnded)]
        first, events = min(ended, key=lambda one: one[0])
        phases = [(event.phase, event.at) for event in events if isinstance(event, PhaseStarted) and event.at < first]
        moments = [("taking it up", pressed + to_utc), *phases, ("showing it", first), ("", shown + to_utc)]
        spent: defaultdict[str, float] = defaultdict(float)
        for (what, begun), (_, over) in pairwise(moments):
            spent[what] += over - begun
        for what, seconds in spent.items():
            samples.spent[what].append(seconds)
        hidden = [what for what in _PHASES if spent[what] > _LONG_PHASE and what.encode() not in written]
        samples.unseen.append(len(hidden))
