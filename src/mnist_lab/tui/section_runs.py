"""Which runs belong to which question, kept up with as runs come and change."""

from __future__ import annotations

from collections.abc import Sequence

from mnist_lab.catalog.sections import arm_of, arms, section, walk
from mnist_lab.following import RunView
from mnist_lab.tui.asking import CUSTOM

Place = tuple[int, str, int]
"""Of a run in its section: the place of its value, what it is called, its seed."""


class SectionRuns:
    """All runs by section. What a run is never changes, so each is looked at closely once."""

    def __init__(self) -> None:
        self._views: dict[str, RunView] = {}
        self._arms: dict[str, dict[str, str]] = {}
        self._trained: dict[str, set[str]] = {}

    def update(self, views: dict[str, RunView]) -> None:
        """Take note of what has come, changed or gone."""
        gone = self._views.keys() - views.keys()
        for run_id in gone:
            self._arms.pop(run_id, None)
        if gone:
            self._trained = {}
        for run_id, view in views.items():
            if gone or self._views.get(run_id) is not view:
                self._note(view)
        self._views = views

    def trained(self, name: str) -> int:
        """How many of a section's networks have a finished run."""
        return len(self._trained.get(name, ()))

    def rows(self, name: str, pinned: frozenset[str]) -> list[RunView]:
        """One run of each value and seed of a section, then what lives elsewhere or is pinned.

        The newest that was asked for in the section, else the newest of the same network: a run made to answer another
        question, with other epochs perhaps, does not push its own aside.
        """
        chosen: dict[Place, RunView] = {}
        for view in reversed(self._views.values()):
            place = self._place(view, name)
            if place is not None and (place not in chosen or (view.study == name != chosen[place].study)):
                chosen[place] = view
        shown = {view.id for view in chosen.values()}
        elsewhere = [
            view for view in self._views.values() if view.id not in shown and (not view.ended or view.id in pinned)
        ]
        return [chosen[place] for place in sorted(chosen)] + elsewhere

    def labels(self, name: str, rows: Sequence[RunView]) -> dict[str, str]:
        """What to call each run among these: its value, with the seed where seeds differ."""
        names = {view.id: self._arms.get(view.id, {}).get(name, view.label) for view in rows}
        seeds = {view.id: view.experiment.seed for view in rows if view.experiment is not None}
        if len(set(seeds.values())) > 1:
            return {run_id: f"{told} s{seeds[run_id]}" if run_id in seeds else told for run_id, told in names.items()}
        return names

    def _note(self, view: RunView) -> None:
        if view.experiment is None:
            return
        if view.id not in self._arms:
            found = {known.name: arm_of(known, view.experiment) for known in walk()}
            self._arms[view.id] = {name: arm for name, arm in found.items() if arm is not None}
        if view.status == "finished":
            for name, arm in self._arms[view.id].items():
                self._trained.setdefault(name, set()).add(arm)

    def _place(self, view: RunView, name: str) -> Place | None:
        """Where a run stands within a section; None if it is no part of it."""
        if view.experiment is None:
            return None
        known = self._arms.get(view.id, {})
        if name == CUSTOM:
            return None if known else (0, view.id, view.experiment.seed)
        if name in known:
            return arms(section(name)).index(known[name]), known[name], view.experiment.seed
        if view.study == name:  # the section's question, asked of another base experiment
            return len(arms(section(name))), view.label, view.experiment.seed
        return None
