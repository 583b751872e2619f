"""Palette slots of runs: on every screen the index of the run's value in its section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from zlib import crc32

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.sections import arm_of, arms, section, walk
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui.form_state import CUSTOM

_SLOTS = 8


@lru_cache(maxsize=4096)
def slot_of(experiment: Experiment) -> int:
    """The index of an experiment's arm in the first section it belongs to; for others a slot by hash."""
    for candidate in (found for found in walk() if not found.parts):
        arm = arm_of(candidate, experiment)
        if arm is not None:
            return arms(candidate).index(arm)
    return crc32(repr(sorted(experiment.unseeded().changed().items())).encode()) % _SLOTS


def slots(snapshots: Iterable[RunSnapshot], section_name: str) -> dict[str, int]:
    """A slot for each run on the chart of a section: the index of its arm; runs of no arm get free slots.

    Runs that differ only in their seed share a slot.
    """
    chosen = None if section_name == CUSTOM else section(section_name)
    found: dict[str, int] = {}
    others: dict[Experiment | None, int] = {}
    for snapshot in snapshots:
        arm = chosen and snapshot.experiment and arm_of(chosen, snapshot.experiment)
        if chosen and arm:
            found[snapshot.id] = arms(chosen).index(arm)
        else:
            key = snapshot.experiment and snapshot.experiment.unseeded()
            found[snapshot.id] = others.setdefault(key, len(others) + (len(arms(chosen)) if chosen else 0))
    return found


def distinct_slots(snapshots: Iterable[RunSnapshot]) -> dict[str, int]:
    """A slot for each run by id, distinct for the first sixteen."""
    return distinct_slots_of({snapshot.id: snapshot.experiment for snapshot in snapshots})


def distinct_slots_of(experiments: Mapping[str, Experiment | None]) -> dict[str, int]:
    """A slot for each experiment by its key, distinct for the first sixteen."""
    taken: dict[str, int] = {}
    for key, experiment in experiments.items():
        wanted = slot_of(experiment) if experiment else 0
        used = set(taken.values())
        taken[key] = next((slot for slot in (wanted, *range(2 * _SLOTS)) if slot not in used), wanted)
    return taken
