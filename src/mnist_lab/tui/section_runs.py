"""The runs of each section, for the home screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.sections import arm_of, arms, section, walk
from mnist_lab.runs.library import Changes
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.tui.form_state import CUSTOM

_RowKey = tuple[int, str, int]
"""Sort key of a run in a section: index of its arm, name of the arm, seed. Runs of equal key share a row."""
_NAMES = frozenset(known.name for known in walk())


class SectionRuns:
    """Incrementally updated index of all runs by section.

    Attributes:
        version: Changes whenever a run is added, is removed or changes its status.
    """

    def __init__(self) -> None:
        self.version = 0
        self._snapshots: dict[str, RunSnapshot] = {}
        self._row_keys: dict[str, dict[str, _RowKey]] = {}
        self._trained: dict[str, dict[str, set[str]]] = {}
        """Ids of finished runs by section and arm."""
        self._live: set[str] = set()
        self._rows: dict[tuple[str, frozenset[str]], list[str]] = {}

    def update(self, changes: Changes) -> None:
        """Update the index by what is new, changed and gone."""
        news = bool(changes.new or changes.gone)
        for snapshot in changes.gone:
            self._forget(snapshot)
        for snapshot in changes.changed:
            before = self._snapshots[snapshot.id]
            now_known = before.experiment is None and snapshot.experiment is not None
            news = news or now_known or snapshot.status != before.status
            self._forget(before)
        for snapshot in (*changes.new, *changes.changed):
            self._note(snapshot)
        if news:
            self._rows.clear()
            self.version += 1

    def trained(self, name: str) -> int:
        """The number of arms of a section that have a finished run."""
        return sum(map(bool, self._trained.get(name, {}).values()))

    @property
    def live(self) -> list[RunSnapshot]:
        """The runs that are queued or in training."""
        return [self._snapshots[run_id] for run_id in sorted(self._live)]

    def rows(self, name: str, pinned: frozenset[str]) -> list[RunSnapshot]:
        """One run of each arm and seed of a section, then the live runs of other sections and the pinned ones.

        Of several runs of an arm and seed it is the newest that was requested in the section, or else the newest: a run
        requested in another section, perhaps with other epochs, does not replace the section's own.
        """
        if (name, pinned) not in self._rows:
            self._rows[name, pinned] = self._chosen(name, pinned)
        return [self._snapshots[run_id] for run_id in self._rows[name, pinned]]

    def labels(self, name: str, rows: Sequence[RunSnapshot]) -> dict[str, str]:
        """The name of each of these runs by id: its arm, with the seed if seeds differ."""
        names = {snapshot.id: _arms_of(snapshot).get(name, (0, snapshot.label))[1] for snapshot in rows}
        seeds = {snapshot.id: snapshot.experiment.seed for snapshot in rows if snapshot.experiment is not None}
        if len(set(seeds.values())) > 1:
            return {run_id: f"{name} s{seeds[run_id]}" if run_id in seeds else name for run_id, name in names.items()}
        return names

    def _chosen(self, name: str, pinned: frozenset[str]) -> list[str]:
        keys = self._row_keys.get(name, {})
        chosen: dict[_RowKey, str] = {}
        for run_id in sorted(keys, reverse=True):
            other = chosen.get(keys[run_id])
            if other is None or (self._snapshots[run_id].study == name != self._snapshots[other].study):
                chosen[keys[run_id]] = run_id
        elsewhere = (self._live | (pinned & self._snapshots.keys())).difference(chosen.values())
        return [chosen[key] for key in sorted(chosen)] + sorted(elsewhere)

    def _note(self, snapshot: RunSnapshot) -> None:
        self._snapshots[snapshot.id] = snapshot
        if snapshot.live:
            self._live.add(snapshot.id)
        found = _arms_of(snapshot)
        for name, key in _row_keys_of(snapshot, found).items():
            self._row_keys.setdefault(name, {})[snapshot.id] = key
        if snapshot.status == "finished":
            for name, (_, arm) in found.items():
                self._trained.setdefault(name, {}).setdefault(arm, set()).add(snapshot.id)

    def _forget(self, snapshot: RunSnapshot) -> None:
        del self._snapshots[snapshot.id]
        self._live.discard(snapshot.id)
        found = _arms_of(snapshot)
        for name in _row_keys_of(snapshot, found):
            del self._row_keys[name][snapshot.id]
        if snapshot.status == "finished":
            for name, (_, arm) in found.items():
                self._trained[name][arm].discard(snapshot.id)


def _row_keys_of(snapshot: RunSnapshot, found: Mapping[str, tuple[int, str]]) -> dict[str, _RowKey]:
    """The row key of a run in each of its sections; ``found`` has its arms, see :func:`_arms_of`."""
    if snapshot.experiment is None:
        return {}
    seed = snapshot.experiment.seed
    keys = {name: (index, arm, seed) for name, (index, arm) in found.items()}
    if not found:
        keys[CUSTOM] = (0, snapshot.id, seed)
    if (
        snapshot.study in _NAMES and snapshot.study not in found
    ):  # requested in the section, with another base experiment
        keys[snapshot.study] = (len(arms(section(snapshot.study))), snapshot.label, seed)
    return keys


def _arms_of(snapshot: RunSnapshot) -> dict[str, tuple[int, str]]:
    """Index and name of the arm that a run is in each of its sections."""
    return {} if snapshot.experiment is None else _known_arms(snapshot.experiment.unseeded())


@lru_cache(maxsize=4096)
def _known_arms(experiment: Experiment) -> dict[str, tuple[int, str]]:
    found = {known: arm_of(known, experiment) for known in walk()}
    return {known.name: (arms(known).index(arm), arm) for known, arm in found.items() if arm is not None}
