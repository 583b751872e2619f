"""The recipes of a runs folder as a table that is narrowed and ordered. Neither changes a verdict in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mnist_lab.analysis.statistics.sequential import FEWEST
from mnist_lab.analysis.tables import filtering
from mnist_lab.analysis.tables.facts import fields_of, shown
from mnist_lab.analysis.tables.recipes import FIGURE, Recipe, Recipes
from mnist_lab.analysis.tables.run_table import Query, ordered
from mnist_lab.analysis.tables.table import Comparison
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.study import Study

DECLARED = "study"
"""The column that stands for the order in which studies, and the arms of each, were declared."""

NETWORK = "network_low"
"""The column that stands for the interval of a single network."""

IN_ORDER = Query(column=DECLARED, descending=False)
_NAMED = ("study", "recipe", "n")
_FIGURES = ("diverged", FIGURE, "mean_low", "mean_high", "deviation", "one_low", "one_high")
_COMPARED = ("baseline", "difference", "difference_low", "difference_high", "verdict", "within_margin", "seeds_needed")
_SELECTED = "selected_on"
_NETWORK = ("network_low", "network_high")
_TOLD = (FIGURE, "verdict", "difference", "diverged", NETWORK)
"""What is told of a recipe before its fields; but for the first only what any of those shown has."""


_UNKNOWN = (None, None)


class RecipeFacts:
    """What is told of some recipes, column by column; accuracies are fractions."""

    def __init__(self, recipes: Sequence[Recipe]) -> None:
        self.recipes = recipes
        fields = fields_of([recipe.experiment for recipe in recipes])
        del fields["seed"]
        self.fields = tuple(fields)
        self._columns = _named(recipes) | fields | _judged(recipes)
        self._lines: list[str] = []

    def __len__(self) -> int:
        return len(self.recipes)

    @property
    def names(self) -> list[str]:
        """The columns there are."""
        return list(self._columns)

    def cells(self, name: str) -> Sequence[Any]:
        """A column from top to bottom."""
        return self._columns[name]

    def lines(self) -> Sequence[str]:
        """For each recipe all that is told of it in small letters, a cell a line."""
        if not self._lines:
            rows = zip(*self._columns.values(), strict=True)
            names = self.names
            self._lines = [
                "\n".join(shown(name, cell) for name, cell in zip(names, row, strict=True)).casefold() for row in rows
            ]
        return self._lines

    def differing(self, rows: Sequence[int]) -> list[str]:
        """The fields in which the recipes of some rows differ, wherever they have an effect."""
        return [name for name in self.fields if len({self._columns[name][row] for row in rows} - {None}) > 1]

    def any(self, name: str, rows: Iterable[int]) -> bool:
        """Whether any of some rows has a value in a column."""
        return any(self._columns[name][row] not in (None, "", 0) for row in rows)


@dataclass(frozen=True)
class RecipeSelection:
    """What a query shows.

    Attributes:
        query: It.
        recipes: In order.
        columns: What is told of them to a person, in order.
        complaint: What is wrong with the expression, in one sentence; else empty.
        total: How many recipes there are.
    """

    query: Query
    recipes: Sequence[Recipe]
    columns: Sequence[str]
    complaint: str
    total: int
    _rows: Sequence[int]
    _facts: RecipeFacts

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each recipe stands, by its key."""
        return {recipe.key: place for place, recipe in enumerate(self.recipes)}

    @cached_property
    def ids(self) -> list[str]:
        """The rows by their keys."""
        return [recipe.key for recipe in self.recipes]

    @cached_property
    def study_names(self) -> dict[str, str]:
        """What to call each study: its title, or its id where several have that title."""
        titles = {recipe.study.id: recipe.study.title for recipe in self._facts.recipes if recipe.study}
        shared = list(titles.values())
        return {study: title if shared.count(title) == 1 else study for study, title in titles.items()}

    def cell(self, place: int, column: str) -> Any:
        """What is told of a recipe."""
        return self._facts.cells(column)[self._rows[place]]

    def studies(self) -> list[RecipeSelection]:
        """The same study by study, with the columns that each needs."""
        found: dict[str, list[int]] = {}
        for row, recipe in zip(self._rows, self.recipes, strict=True):
            found.setdefault(recipe.study.id if recipe.study else "", []).append(row)
        return [_selected(self.query, rows, self._facts, self.complaint) for rows in found.values()]

    def compared(self) -> Comparison:
        """The same as plain figures for others to read."""
        facts = self._facts
        fields = facts.fields if self.query.all_columns else facts.differing(self._rows)
        names = (*_NAMED, *fields, *_FIGURES, *_COMPARED, _SELECTED, *_NETWORK)
        return Comparison({name: [facts.cells(name)[row] for row in self._rows] for name in names}, {}, of="recipes")


class RecipeTable:
    """The recipes of a runs folder, kept up with. Not for two threads at once."""

    def __init__(self) -> None:
        self._made = Recipes()
        self._facts = RecipeFacts(())
        self._by_key: dict[str, Recipe] = {}
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
        self._facts = RecipeFacts(self._made.of(*known, baseline=baseline, section=section))
        self._by_key = {recipe.key: recipe for recipe in self._facts.recipes}
        self._known = known
        return True

    def select(self, query: Query, runs: Sequence[str] = ()) -> RecipeSelection:
        """What a query shows.

        Args:
            query: It.
            runs: Only the recipes of these runs, by their ids; without any, of all.
        """
        facts = self._facts
        asked, rows = filtering.parse(query.expression, facts.names).found(facts)
        if runs:
            wanted = set(runs)
            rows = [row for row in rows if any(record.id in wanted for record in facts.recipes[row].records)]
        if query.column != DECLARED:
            rows = ordered(rows, facts.cells(query.column), query.column, query.descending)
        elif query.descending:
            rows = rows[::-1]
        return _selected(query, rows, facts, asked.complaint)

    @property
    def columns(self) -> list[str]:
        """What can be asked for."""
        return self._facts.names

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def recipes(self, keys: Iterable[str]) -> list[Recipe]:
        """The recipes of some keys, without those that there are none of."""
        return [self._by_key[key] for key in keys if key in self._by_key]


def _selected(query: Query, rows: Sequence[int], facts: RecipeFacts, complaint: str) -> RecipeSelection:
    recipes = [facts.recipes[row] for row in rows]
    several = len({recipe.study.id if recipe.study else "" for recipe in recipes}) > 1
    columns = [
        *(name for name in _NAMED if name != DECLARED or several),
        *(name for name in _TOLD if name == FIGURE or facts.any(name, rows)),
        *(facts.fields if query.all_columns else facts.differing(rows)),
    ]
    return RecipeSelection(query, recipes, columns, complaint, len(facts), rows, facts)


def _named(recipes: Sequence[Recipe]) -> dict[str, list[Any]]:
    return {
        "study": [recipe.study.id if recipe.study else None for recipe in recipes],
        "recipe": [recipe.name for recipe in recipes],
        "n": [recipe.summary.n for recipe in recipes],
    }


def _judged(recipes: Sequence[Recipe]) -> dict[str, list[Any]]:
    arms = [recipe.summary for recipe in recipes]
    found = [arm.comparison for arm in arms]
    return {
        "diverged": [arm.diverged for arm in arms],
        FIGURE: [arm.mean for arm in arms],
        **_ends("mean_low", "mean_high", [arm.interval or _UNKNOWN for arm in arms]),
        "deviation": [arm.deviation for arm in arms],
        **_ends("one_low", "one_high", [arm.prediction or _UNKNOWN for arm in arms]),
        "baseline": [recipe.baseline or None for recipe in recipes],
        "difference": [one and one.difference for one in found],
        **_ends("difference_low", "difference_high", [(one and one.interval) or _UNKNOWN for one in found]),
        "verdict": [_word(recipe) for recipe in recipes],
        "within_margin": [one and one.within_margin for one in found],
        "seeds_needed": [one and one.seeds_needed for one in found],
        _SELECTED: ["test set" if arm.selected_on_test else None for arm in arms],
        **_ends(*_NETWORK, [recipe.network or _UNKNOWN for recipe in recipes]),
    }


def _word(recipe: Recipe) -> str | None:
    if recipe.summary.comparison is not None:
        return recipe.summary.comparison.word
    if recipe.is_baseline:
        return "baseline"
    return "not enough runs" if recipe.summary.n < FEWEST else None


def _ends(low: str, high: str, intervals: Sequence[Sequence[float | None]]) -> dict[str, list[float | None]]:
    return {low: [interval[0] for interval in intervals], high: [interval[1] for interval in intervals]}
