"""The two tables of the compare screen: a row a run, or a row a recipe with its seeds. Answered off the event loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from mnist_lab.analysis.tables.query import IN_ORDER, Query, Selection
from mnist_lab.experiments.study import Study
from mnist_lab.formatting import plural
from mnist_lab.render.tables import SELECTED
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store
from mnist_lab.store.studies import StudyCache
from mnist_lab.tui import colours
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.compared_rows import GridRows, RecipeRows, RunRows

if TYPE_CHECKING:
    from mnist_lab.analysis.tables.recipe_table import RecipeTable
    from mnist_lab.analysis.tables.recipes import Recipe
    from mnist_lab.analysis.tables.run_table import RunTable

Views = Mapping[str, RunSnapshot]


class TableModel(ABC):
    """One of the tables, and how it is looked at.

    Attributes:
        query: How it is looked at.
        marked: The rows that are marked, by their keys.
        rows: What is on show; None before there is anything.
        others: What else there is to say in a line.
    """

    noun: ClassVar[str]
    waiting: ClassVar[str]
    """What is done before the first answer."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.marked: list[str] = []
        self.rows: GridRows | None = None
        self.others: list[str] = []
        self._known: Views = {}

    @property
    def selection(self) -> Selection | None:
        """What the query on show selects; None before there is anything."""
        return None if self.rows is None else self.rows.selection

    def answer(self, views: Views, query: Query) -> GridRows | None:
        """What a query shows; the very same as before where nothing is new. None where there are no records.

        Imports pandas when it is first called, and is called in a thread.
        """
        changed = self._update(views)
        self._known = views
        rows = self.rows
        return rows if rows is not None and rows.selection.query == query and not changed else self._select(query)

    def show(self, rows: GridRows | None) -> None:
        """Put an answer on show."""
        self.rows = rows

    def counted(self, count: int) -> str:
        """So many rows in words."""
        return plural(count, self.noun)

    @abstractmethod
    def draw(self, chart: ChartPane, views: Views, under_cursor: str | None) -> None:
        """Draw the marked rows, or the one under the cursor; marks of what is gone are dropped."""

    @abstractmethod
    def _update(self, views: Views) -> bool: ...

    @abstractmethod
    def _select(self, query: Query) -> GridRows | None: ...


class RunModel(TableModel):
    """A row a run, the newest first."""

    noun, waiting = "run", "reading"

    def __init__(self) -> None:
        super().__init__(Query())

    def draw(self, chart: ChartPane, views: Views, under_cursor: str | None) -> None:
        self.marked = [run_id for run_id in self.marked if run_id in views]
        drawn = [views[run_id] for run_id in self.marked or [under_cursor or ""] if run_id in views]
        slots = colours.distinct_slots(drawn)
        if self.rows is not None:
            self.rows.slots = slots if self.marked else {}
        chart.draw(drawn, slots, _labels(drawn), under_cursor)

    def _update(self, views: Views) -> bool:
        if views is self._known:
            return False
        others = [view for view in views.values() if view.record is None]
        lost = sum(view.ended for view in others)
        live = sum(view.live for view in others)
        counts = {"to come": live, "without a record": lost, "unreadable": len(others) - lost - live}
        self.others = [f"{count} {what}" for what, count in counts.items() if count]
        return self._table.update(view.record for view in views.values() if view.record is not None)

    def _select(self, query: Query) -> RunRows | None:
        selection = self._table.select(query)
        return None if selection is None else RunRows(selection)

    @cached_property
    def _table(self) -> RunTable:
        from mnist_lab.analysis.tables.run_table import RunTable

        return RunTable()


class RecipeModel(TableModel):
    """A row a recipe, study by study, with the verdict on it."""

    noun, waiting = "recipe", "judging"

    def __init__(self, store: Store) -> None:
        super().__init__(IN_ORDER)
        self._study_cache = StudyCache(store)
        self._declared: Sequence[Study] | None = None
        self._recipes: Mapping[str, Recipe] = {}

    def draw(self, chart: ChartPane, views: Views, under_cursor: str | None) -> None:
        self.marked = [key for key in self.marked if key in self._recipes]
        recipes = [self._recipes[key] for key in self.marked or [under_cursor or ""] if key in self._recipes]
        slots = colours.distinct_slots_of({recipe.key: recipe.experiment for recipe in recipes})
        names = [recipe.name for recipe in recipes]
        labels = {
            recipe.key: f"{recipe.name} in {recipe.study.id}"
            if names.count(recipe.name) > 1 and recipe.study
            else recipe.name
            for recipe in recipes
        }
        if self.rows is not None:
            self.rows.slots = slots if self.marked else {}
        chart.draw_recipes(recipes, slots, labels)

    def show(self, rows: GridRows | None) -> None:
        super().show(rows)
        recipes = rows.selection.recipes if isinstance(rows, RecipeRows) else ()
        selected = any(recipe.summary.selected_on_test for recipe in recipes)
        self.others = [f"{SELECTED} epoch chosen on the test set"] if selected else []

    def trainings(self, key: str) -> list[str]:
        """The runs that a recipe's metrics are of."""
        return [record.id for record in self._recipes[key].trainings] if key in self._recipes else []

    def _update(self, views: Views) -> bool:
        studies = self._study_cache.studies()
        if views is self._known and studies is self._declared:
            return False
        self._declared = studies
        changed = self._table.update((view.record for view in views.values() if view.record is not None), studies)
        self._recipes = self._table.recipes
        return changed

    def _select(self, query: Query) -> RecipeRows | None:
        selection = self._table.select(query)
        return RecipeRows(selection) if selection.total else None

    @cached_property
    def _table(self) -> RecipeTable:
        from mnist_lab.analysis.tables.recipe_table import RecipeTable

        return RecipeTable()


def _labels(views: Sequence[RunSnapshot]) -> dict[str, str]:
    """Distinct labels of several runs: with the seed, and then the id, where the names alone are equal."""
    labels = {view.id: view.label for view in views}
    seeds = {view.id: f"s{view.experiment.seed}" if view.experiment else "" for view in views}
    for further in (seeds, {view.id: view.id[-6:] for view in views}):
        names = list(labels.values())
        labels = {key: f"{label} {further[key]}" if names.count(label) > 1 else label for key, label in labels.items()}
    return labels
