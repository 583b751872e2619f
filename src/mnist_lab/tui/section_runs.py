"""Which runs belong to which question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.sections import arm_of, arms, section, walk
from mnist_lab.runs.library import Changes
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui.form_state import CUSTOM

Place = tuple[int, str, int]
"""Of a run in its section: the place of its value, what it is called, its seed."""
_NAMES = frozenset(known.name for known in walk())


class SectionRuns:
    """All runs by section, brought up to date by what changes among them.

    Attributes:
        version: Another number whenever a run has come, gone, or changed its status.
    """

    def __init__(self) -> None:
        self.version = 0
        self._views: dict[str, RunSnapshot] = {}
        self._places: dict[str, dict[str, Place]] = {}
        self._trained: dict[str, dict[str, set[str]]] = {}
        """Of each section the finished runs of each of its values."""
        self._live: set[str] = set()
        self._rows: dict[tuple[str, frozenset[str]], list[str]] = {}

    def update(self, changes: Changes) -> None:
        """Take note of what is new, changed and gone."""
        news = bool(changes.new or changes.gone)
        for view in changes.gone:
            self._forget(view)
        for view in changes.changed:
            before = self._views[view.id]
            now_known = before.experiment is None and view.experiment is not None
            news = news or now_known or view.status != before.status
            self._forget(before)
        for view in (*changes.new, *changes.changed):
            self._note(view)
        if news:
            self._rows.clear()
            self.version += 1

    def trained(self, name: str) -> int:
        """How many of a section's networks have a finished run."""
        return sum(map(bool, self._trained.get(name, {}).values()))

    @property
    def live(self) -> list[RunSnapshot]:
        """The runs that wait or train."""
        return [self._views[run_id] for run_id in sorted(self._live)]

    def rows(self, name: str, pinned: frozenset[str]) -> list[RunSnapshot]:
        """One run of each value and seed of a section, then what lives elsewhere or is pinned.

        The newest that was asked for in the section, else the newest of the same network: a run made to answer another
        question, with other epochs perhaps, does not push its own aside.
        """
        if (name, pinned) not in self._rows:
            self._rows[name, pinned] = self._chosen(name, pinned)
        return [self._views[run_id] for run_id in self._rows[name, pinned]]

    def labels(self, name: str, rows: Sequence[RunSnapshot]) -> dict[str, str]:
        """What to call each run among these: its value, with the seed where seeds differ."""
        names = {view.id: _arms_of(view).get(name, (0, view.label))[1] for view in rows}
        seeds = {view.id: view.experiment.seed for view in rows if view.experiment is not None}
        if len(set(seeds.values())) > 1:
            return {run_id: f"{told} s{seeds[run_id]}" if run_id in seeds else told for run_id, told in names.items()}
        return names

    def _chosen(self, name: str, pinned: frozenset[str]) -> list[str]:
        places = self._places.get(name, {})
        chosen: dict[Place, str] = {}
        for run_id in sorted(places, reverse=True):
            other = chosen.get(places[run_id])
            if other is None or (self._views[run_id].study == name != self._views[other].study):
                chosen[places[run_id]] = run_id
        elsewhere = (self._live | (pinned & self._views.keys())).difference(chosen.values())
        return [chosen[place] for place in sorted(chosen)] + sorted(elsewhere)

    def _note(self, view: RunSnapshot) -> None:
        self._views[view.id] = view
        if view.live:
            self._live.add(view.id)
        found = _arms_of(view)
        for name, place in _places_of(view, found).items():
            self._places.setdefault(name, {})[view.id] = place
        if view.status == "finished":
            for name, (_, arm) in found.items():
                self._trained.setdefault(name, {}).setdefault(arm, set()).add(view.id)

    def _forget(self, view: RunSnapshot) -> None:
        del self._views[view.id]
        self._live.discard(view.id)
        found = _arms_of(view)
        for name in _places_of(view, found):
            del self._places[name][view.id]
        if view.status == "finished":
            for name, (_, arm) in found.items():
                self._trained[name][arm].discard(view.id)


def _places_of(view: RunSnapshot, found: Mapping[str, tuple[int, str]]) -> dict[str, Place]:
    """Where a run stands in each section that it belongs to, by what it is of each."""
    if view.experiment is None:
        return {}
    seed = view.experiment.seed
    places = {name: (place, arm, seed) for name, (place, arm) in found.items()}
    if not found:
        places[CUSTOM] = (0, view.id, seed)
    if view.study in _NAMES and view.study not in found:  # the section's question, asked of another base experiment
        places[view.study] = (len(arms(section(view.study))), view.label, seed)
    return places


def _arms_of(view: RunSnapshot) -> dict[str, tuple[int, str]]:
    """Which value a run is of each section that it belongs to, with the place of that."""
    return {} if view.experiment is None else _known_arms(view.experiment.unseeded())


@lru_cache(maxsize=4096)
def _known_arms(experiment: Experiment) -> dict[str, tuple[int, str]]:
    found = {known: arm_of(known, experiment) for known in walk()}
    return {known.name: (arms(known).index(arm), arm) for known, arm in found.items() if arm is not None}
