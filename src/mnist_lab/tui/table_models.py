"""The two tables of the compare screen: a row a run, or a row a recipe with its seeds. Answered off the event loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, Protocol, TypeVar

from rich.text import Text

from mnist_lab.analysis.tables import Comparison
from mnist_lab.analysis.tables.export import Format
from mnist_lab.analysis.tables.recipe_table import IN_ORDER, RecipeSelection, RecipeTable
from mnist_lab.analysis.tables.run_table import Query, RunTable, Selection
from mnist_lab.experiments.study import Study
from mnist_lab.render.recipes import told_table
from mnist_lab.render.tables import SELECTED
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store
from mnist_lab.store.studies import StudyCache
from mnist_lab.tui import colours
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.compared_rows import ComparedRows, RecipeRows
from mnist_lab.tui.widgets.grid import Column

Views = Mapping[str, RunSnapshot]
Shown = TypeVar("Shown", bound="Answer")


class Answer(Protocol):
    """What a query shows of either table."""

    @property
    def query(self) -> Query: ...
    @property
    def ids(self) -> Sequence[str]: ...
    @property
    def columns(self) -> Sequence[str]: ...
    @property
    def complaint(self) -> str: ...
    @property
    def total(self) -> int: ...


class Rows(Protocol):
    """An answer as rows of a grid."""

    slots: dict[str, int]

    def columns(self) -> list[Column]: ...
    def cells(self, key: str) -> list[Text]: ...


class Sheet(ABC, Generic[Shown]):
    """One of the tables, and how it is looked at.

    Attributes:
        query: How it is looked at.
        marked: The rows that are marked, by their keys.
        selection: What is on show; None before there is anything.
        rows: The same as rows of a grid.
        others: What else there is to say in a line.
    """

    noun: ClassVar[str]
    waiting: ClassVar[str]
    """What is done before the first answer."""

    def __init__(self, query: Query) -> None:
        self.query = query
        self.marked: list[str] = []
        self.selection: Shown | None = None
        self.rows: Rows | None = None
        self.others: list[str] = []
        self._known: Views = {}

    def answer(self, views: Views, query: Query) -> Shown | None:
        """What a query shows; the very same as before where nothing is new. None where there are no records."""
        changed = self._update(views)
        self._known = views
        shown = self.selection
        return shown if shown is not None and shown.query == query and not changed else self._select(query)

    def show(self, selection: Shown | None) -> None:
        """Put an answer on show."""
        self.selection = selection
        self.rows = None if selection is None else self._rows(selection)

    def counted(self, count: int) -> str:
        """So many rows in words."""
        return f"1 {self.noun}" if count == 1 else f"{count} {self.noun}s"

    @abstractmethod
    def draw(self, chart: ChartPane, views: Views, under_cursor: str | None) -> None:
        """Draw the marked rows, or the one under the cursor; marks of what is gone are dropped."""

    @abstractmethod
    def exported(self, selection: Shown, format_: Format) -> Comparison:
        """What is on show as a file of some format holds it."""

    @abstractmethod
    def _update(self, views: Views) -> bool: ...

    @abstractmethod
    def _select(self, query: Query) -> Shown | None: ...

    @abstractmethod
    def _rows(self, selection: Shown) -> Rows: ...


class RunSheet(Sheet[Selection]):
    """A row a run, the newest first."""

    noun, waiting = "run", "reading"

    def __init__(self) -> None:
        super().__init__(Query())
        self._table = RunTable()

    def draw(self, chart: ChartPane, views: Views, under_cursor: str | None) -> None:
        self.marked = [run_id for run_id in self.marked if run_id in views]
        drawn = [views[run_id] for run_id in self.marked or [under_cursor or ""] if run_id in views]
        slots = colours.distinct_slots(drawn)
        if self.rows is not None:
            self.rows.slots = slots if self.marked else {}
        chart.draw(drawn, slots, _labels(drawn), under_cursor)

    def exported(self, selection: Selection, format_: Format) -> Comparison:
        return selection.compared()

    def _update(self, views: Views) -> bool:
        if views is self._known:
            return False
        others = [view for view in views.values() if view.record is None]
        lost = sum(view.ended for view in others)
        live = sum(view.live for view in others)
        counts = {"to come": live, "without a record": lost, "unreadable": len(others) - lost - live}
        self.others = [f"{count} {what}" for what, count in counts.items() if count]
        return self._table.update(view.record for view in views.values() if view.record is not None)

    def _select(self, query: Query) -> Selection | None:
        return self._table.select(query)

    def _rows(self, selection: Selection) -> Rows:
        return ComparedRows(selection)


class RecipeSheet(Sheet[RecipeSelection]):
    """A row a recipe, study by study, with the verdict on it."""

    noun, waiting = "recipe", "judging"

    def __init__(self, store: Store) -> None:
        super().__init__(IN_ORDER)
        self._study_cache = StudyCache(store)
        self._table = RecipeTable()
        self._declared: Sequence[Study] | None = None
        self._made: tuple[RecipeSelection, RecipeRows]

    def draw(self, chart: ChartPane, views: Views, under_cursor: str | None) -> None:
        places = {} if self.selection is None else self.selection.places
        self.marked = [key for key in self.marked if key in self._table]
        recipes = self._table.recipes(self.marked or ([under_cursor] if under_cursor in places else []))
        slots = colours.apart({recipe.key: recipe.experiment for recipe in recipes})
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

    def exported(self, selection: RecipeSelection, format_: Format) -> Comparison:
        return told_table(selection) if format_ == "markdown" else selection.compared()

    def trainings(self, key: str) -> list[str]:
        """The runs that a recipe's figures are of."""
        return [record.id for recipe in self._table.recipes([key]) for record in recipe.trainings]

    def _update(self, views: Views) -> bool:
        studies = self._study_cache.studies()
        if views is self._known and studies is self._declared:
            return False
        self._declared = studies
        return self._table.update((view.record for view in views.values() if view.record is not None), studies)

    def show(self, selection: RecipeSelection | None) -> None:
        super().show(selection)
        selected = selection is not None and any(recipe.summary.selected_on_test for recipe in selection.recipes)
        self.others = [f"{SELECTED} epoch chosen on the test set"] if selected else []

    def _select(self, query: Query) -> RecipeSelection | None:
        selection = self._table.select(query)
        if not selection.total:
            return None
        self._made = selection, RecipeRows(selection)
        return selection

    def _rows(self, selection: RecipeSelection) -> Rows:
        made, rows = self._made
        return rows if made is selection else RecipeRows(selection)


def _labels(views: Sequence[RunSnapshot]) -> dict[str, str]:
    """What to call runs beside each other: with the seed, and then the id, where it takes that to tell them apart."""
    labels = {view.id: view.label for view in views}
    seeds = {view.id: f"s{view.experiment.seed}" if view.experiment else "" for view in views}
    for further in (seeds, {view.id: view.id[-6:] for view in views}):
        names = list(labels.values())
        labels = {key: f"{label} {further[key]}" if names.count(label) > 1 else label for key, label in labels.items()}
    return labels
