"""Which place in the palette a run has: that of its value in its section, on every screen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from zlib import crc32

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.sections import arm_of, arms, section, walk
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui.form_state import CUSTOM

_PLACES = 8


@lru_cache(maxsize=4096)
def slot_of(experiment: Experiment) -> int:
    """The place of an experiment within the first section it belongs to."""
    for candidate in (found for found in walk() if not found.parts):
        arm = arm_of(candidate, experiment)
        if arm is not None:
            return arms(candidate).index(arm)
    return crc32(repr(sorted(experiment.unseeded().changed().items())).encode()) % _PLACES


def slots(views: Iterable[RunSnapshot], section_name: str) -> dict[str, int]:
    """A place for each run on a section's chart: that of its value; what is no value of it gets one that is free.

    Runs that differ only in their seed share a place.
    """
    chosen = None if section_name == CUSTOM else section(section_name)
    found: dict[str, int] = {}
    others: dict[Experiment | None, int] = {}
    for view in views:
        arm = chosen and view.experiment and arm_of(chosen, view.experiment)
        if chosen and arm:
            found[view.id] = arms(chosen).index(arm)
        else:
            key = view.experiment and view.experiment.unseeded()
            found[view.id] = others.setdefault(key, len(others) + (len(arms(chosen)) if chosen else 0))
    return found


def distinct_slots(views: Iterable[RunSnapshot]) -> dict[str, int]:
    """A place for each run, no two the same as far as there are places."""
    return apart({view.id: view.experiment for view in views})


def apart(experiments: Mapping[str, Experiment | None]) -> dict[str, int]:
    """A place for each experiment by its key, no two the same as far as there are places."""
    taken: dict[str, int] = {}
    for key, experiment in experiments.items():
        wanted = slot_of(experiment) if experiment else 0
        used = set(taken.values())
        taken[key] = next((slot for slot in (wanted, *range(2 * _PLACES)) if slot not in used), wanted)
    return taken
