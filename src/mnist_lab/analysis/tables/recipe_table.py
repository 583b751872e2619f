"""The recipes of a runs folder as a table that is filtered and ordered. Neither changes a verdict in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from mnist_lab.analysis.statistics.sequential import MIN_SEEDS
from mnist_lab.analysis.tables import filtering
from mnist_lab.analysis.tables.frames import RECIPES, TextTable, experiment_columns, ordered, typed
from mnist_lab.analysis.tables.query import DECLARED, Query, Selection
from mnist_lab.analysis.tables.recipes import JUDGED_BY, NETWORK, Recipe, Recipes
from mnist_lab.experiments.experiment import FIELDS
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.study import Study

_NAMED = ("study", "recipe", "n")
_WHERE_ANY = ("verdict", "difference", "diverged", NETWORK)
"""Columns that are shown where any of the recipes has a value in them."""
_WRITTEN = (
    *("diverged", JUDGED_BY, "mean_low", "mean_high", "deviation", "one_low", "one_high"),
    *("baseline", "difference", "difference_low", "difference_high", "verdict", "within_margin", "seeds_needed"),
    *("selected_on", "network_low", "network_high"),
)
_UNKNOWN = (None, None)


@dataclass(frozen=True)
class RecipeSelection(Selection):
    """Recipes, in the columns that a person reads."""

    _by_key: Mapping[str, Recipe]

    @cached_property
    def recipes(self) -> list[Recipe]:
        """In order."""
        return [self._by_key[key] for key in self.ids]

    @cached_property
    def study_names(self) -> dict[str, str]:
        """What to call each study: its title, or its id where several have that title."""
        titles = {recipe.study.id: recipe.study.title for recipe in self._by_key.values() if recipe.study}
        shared = list(titles.values())
        return {study: title if shared.count(title) == 1 else study for study, title in titles.items()}

    def studies(self) -> list[RecipeSelection]:
        """The same study by study, with the columns that each needs."""
        groups = self.frame.groupby(self.frame["study"].fillna(""), sort=False)
        return [_selection(self.query, rows, self.complaint, self._by_key) for _, rows in groups]


class RecipeTable:
    """The recipes of a runs folder, kept up to date. Not for two threads at once.

    Attributes:
        recipes: All of them by their keys, as they were declared. Replaced, never changed.
    """

    def __init__(self) -> None:
        self.recipes: Mapping[str, Recipe] = {}
        self._made = Recipes()
        self._table = TextTable(recipes_frame(()))
        self._known: tuple[Sequence[Record], Sequence[Study]] = ((), ())

    def update(
        self,
        records: Iterable[Record],
        studies: Sequence[Study],
        *,
        baseline: str | None = None,
        section: str | None = None,
    ) -> bool:
        """Take note of the runs and studies there are; see :meth:`~mnist_lab.analysis.tables.recipes.Recipes.of`.

        Returns:
            Whether they are others than before.

        Raises:
            UsageError: There is no such section or baseline, or what it is compared with differs in several factors.
        """
        known = list(records), list(studies)
        if known == self._known:
            return False
        recipes = self._made.of(*known, baseline=baseline, section=section)
        self.recipes = {recipe.key: recipe for recipe in recipes}
        self._table = TextTable(recipes_frame(recipes))
        self._known = known
        return True

    def select(self, query: Query, runs: Sequence[str] = ()) -> RecipeSelection:
        """What a query shows.

        Args:
            query: It.
            runs: Only the recipes of these runs, by their ids; without any, of all.
        """
        table = self._table
        asked, mask = filtering.parse(query.expression, table.columns).found(table)
        if runs:
            mask &= [not {record.id for record in recipe.records}.isdisjoint(runs) for recipe in self.recipes.values()]
        frame = table.values[mask]
        if query.column != DECLARED:
            frame = ordered(frame, query.column, descending=query.descending)
        elif query.descending:
            frame = frame[::-1]
        return _selection(query, frame, asked.complaint, self.recipes)

    @property
    def columns(self) -> list[str]:
        """What can be asked for."""
        return self._table.columns


def recipes_frame(recipes: Sequence[Recipe]) -> pd.DataFrame:
    """One row a recipe, indexed by its key; accuracies are fractions."""
    fields = experiment_columns([recipe.experiment for recipe in recipes])
    del fields["seed"]
    arms = [recipe.summary for recipe in recipes]
    found = [arm.comparison for arm in arms]
    columns: dict[str, Sequence[Any]] = {
        "study": [recipe.study.id if recipe.study else None for recipe in recipes],
        "recipe": [recipe.name for recipe in recipes],
        "n": [arm.n for arm in arms],
        **fields,
        "diverged": [arm.diverged for arm in arms],
        JUDGED_BY: [arm.mean for arm in arms],
        **_ends("mean_low", "mean_high", [arm.interval for arm in arms]),
        "deviation": [arm.deviation for arm in arms],
        **_ends("one_low", "one_high", [arm.prediction for arm in arms]),
        "baseline": [recipe.baseline or None for recipe in recipes],
        "difference": [one and one.difference for one in found],
        **_ends("difference_low", "difference_high", [one.interval if one else None for one in found]),
        "verdict": [_word(recipe) for recipe in recipes],
        "within_margin": [one and one.within_margin for one in found],
        "seeds_needed": [one and one.seeds_needed for one in found],
        "selected_on": ["test set" if arm.selected_on_test else None for arm in arms],
        **_ends("network_low", "network_high", [recipe.network for recipe in recipes]),
    }
    return typed(columns, [recipe.key for recipe in recipes], RECIPES)


def _selection(query: Query, frame: pd.DataFrame, complaint: str, by_key: Mapping[str, Recipe]) -> RecipeSelection:
    counts = frame.nunique()
    fields = [name for name in FIELDS if name in frame and (query.all_columns or counts[name] > 1)]
    columns = [
        *(name for name in _NAMED if name != DECLARED or frame["study"].nunique(dropna=False) > 1),
        JUDGED_BY,
        *(name for name in _WHERE_ANY if (frame[name].notna() & (frame[name] != 0)).any()),
        *fields,
    ]
    return RecipeSelection(query, frame[[*_NAMED, *fields, *_WRITTEN]], columns, complaint, len(by_key), by_key)


def _word(recipe: Recipe) -> str | None:
    if recipe.summary.comparison is not None:
        return recipe.summary.comparison.verdict
    if recipe.is_baseline:
        return "baseline"
    return "not enough runs" if recipe.summary.n < MIN_SEEDS else None


def _ends(low: str, high: str, intervals: Sequence[tuple[float, float] | None]) -> dict[str, list[Any]]:
    ends = [interval or _UNKNOWN for interval in intervals]
    return {low: [end[0] for end in ends], high: [end[1] for end in ends]}
