"""Recipes beside each other as tables, a study each, and what the figures must not be shown without."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from mnist_lab.analysis.statistics.metrics import POINTS
from mnist_lab.analysis.statistics.sequential import FEWEST
from mnist_lab.analysis.statistics.wording import verdict
from mnist_lab.analysis.tables import Comparison, is_number, shown
from mnist_lab.analysis.tables.recipe_table import NETWORK, RecipeSelection
from mnist_lab.analysis.tables.recipes import FIGURE, NO_STUDY, Recipe
from mnist_lab.render.listing import Column, Listing
from mnist_lab.render.study_table import VERDICT_STYLES, mean_and_half, signed, span
from mnist_lab.render.tables import SELECTED, SELECTED_ON_TEST

TITLES = {FIGURE: f"{FIGURE} %", NETWORK: "one network"}
_FIRST = ("recipe", TITLES[FIGURE], "verdict", "n", "difference", "diverged", TITLES[NETWORK])
_HALF = "± is half of the 95 % interval of the mean over seeds."
_NETWORK = (
    "With one run there is no such interval; beside it stands where the accuracy of that one network lies (Wilson, "
    "95 %). Another seed would move it further."
)


def told_verdict(recipe: Recipe) -> str:
    """The verdict in words: never an empty one where runs are lacking."""
    arm, found = recipe.summary, recipe.summary.comparison
    if found is not None and found.word != "not enough runs":
        return verdict(found)
    few = f"(n={arm.n} of {FEWEST})" if arm.n < FEWEST else ""
    if recipe.is_baseline:
        return f"baseline {few}".rstrip()
    if few:
        return f"not enough runs {few}"
    return "" if found is None else f"not enough runs (baseline n={found.baseline.n} of {FEWEST})"


def verdict_style(recipe: Recipe) -> str:
    """The style of a verdict, which only repeats what its words say."""
    found = recipe.summary.comparison
    return "" if found is None else VERDICT_STYLES[found.word]


def told(selection: RecipeSelection, place: int, column: str) -> str:
    """A cell as a person reads it."""
    recipe = selection.recipes[place]
    arm, found = recipe.summary, recipe.summary.comparison
    match column:
        case "study":
            return selection.study_names[recipe.study.id] if recipe.study else NO_STUDY
        case "diverged":
            return str(arm.diverged or "")
        case "verdict":
            return told_verdict(recipe)
        case "difference":
            return "" if found is None or found.difference is None else signed(found.difference, POINTS)
        case _ if column == FIGURE:
            return mean_and_half(arm, POINTS) + (SELECTED if arm.selected_on_test else "")
        case _ if column == NETWORK:
            return span(recipe.network, POINTS)
    return shown(column, selection.cell(place, column))


def told_table(selection: RecipeSelection) -> Comparison:
    """The table as a person reads it, to be written as Markdown."""
    places = range(len(selection.recipes))
    columns = {title(name): [told(selection, place, name) for place in places] for name in selection.columns}
    return Comparison(columns, {}, of="recipes")


def recipes_page(selection: RecipeSelection) -> RenderableType:
    """A table for each study, and the notes that belong to all."""
    parts: list[RenderableType] = []
    for one in selection.studies():
        parts += [Text(_heading(one.recipes[0]), "bold"), _listing(one), Text()]
    return Group(*parts, *(Text(note, "italic") for note in notes(selection.recipes)))


def notes(recipes: Sequence[Recipe]) -> list[str]:
    """What has to be said of the figures of some recipes."""
    found = []
    if any(recipe.summary.n > 1 for recipe in recipes):
        found.append(_HALF)
    if any(recipe.network is not None for recipe in recipes):
        found.append(_NETWORK)
    if any(recipe.summary.selected_on_test for recipe in recipes):
        found.append(f"{SELECTED} {SELECTED_ON_TEST}")
    if any(recipe.summary.diverged for recipe in recipes):
        found.append("Trainings that diverged have no figure and are in no mean.")
    return found


def title(column: str) -> str:
    """What stands above a column."""
    return TITLES.get(column, column)


def _heading(recipe: Recipe) -> str:
    study = recipe.study
    if study is not None:
        margin = POINTS.round(study.margin)
        return f"{study.id}: baseline {study.baseline}, a difference matters from {margin}"
    beside = f"baseline {recipe.baseline}" if recipe.baseline else "compared with nothing"
    return f"{NO_STUDY}: {beside}"


def _listing(selection: RecipeSelection) -> Listing:
    places = range(len(selection.recipes))
    columns = []
    for name in selection.columns:
        styles = {place: verdict_style(selection.recipes[place]) for place in places} if name == "verdict" else {}
        columns.append(
            Column(
                title(name),
                [told(selection, place, name) for place in places],
                right=is_number(name) and name != FIGURE,
                styles={place: style for place, style in styles.items() if style},
            )
        )
    return Listing(columns, _FIRST, "--format csv has them all")
