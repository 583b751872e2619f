"""Recipes as tables, one a study, and the notes that their metrics must not be shown without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from mnist_lab.analysis.statistics.sequential import MIN_SEEDS
from mnist_lab.analysis.statistics.wording import DIVERGED, short_verdict
from mnist_lab.analysis.tables.columns import is_number, texts_of, values_of
from mnist_lab.analysis.tables.recipes import JUDGED_BY, NETWORK, NO_STUDY, Recipe
from mnist_lab.formatting import PERCENT
from mnist_lab.render.listing import Listing, ListingColumn
from mnist_lab.render.study_table import VERDICT_STYLES
from mnist_lab.render.tables import SELECTED, SELECTED_ON_TEST

if TYPE_CHECKING:
    import pandas as pd

    from mnist_lab.analysis.tables.recipe_table import RecipeSelection

TITLES = {JUDGED_BY: f"{JUDGED_BY} %", NETWORK: "one network"}
"""What stands above columns that are not called by their names."""

_FIRST = ("recipe", TITLES[JUDGED_BY], "verdict", "n", "difference", "diverged", TITLES[NETWORK])
_HALF = "± is half of the 95 % interval of the mean over seeds."
_NETWORK = (
    "With one run there is no such interval. The 95 % interval of that one network's accuracy (Wilson) allows for the "
    "choice of test images only: another seed would move it further."
)


def verdict_text(recipe: Recipe) -> str:
    """The verdict in words: never an empty one where runs are lacking."""
    arm, found = recipe.summary, recipe.summary.comparison
    if found is not None and found.verdict != "not enough runs":
        return short_verdict(found)
    few = f"(n={arm.n} of {MIN_SEEDS})" if arm.n < MIN_SEEDS else ""
    if recipe.is_baseline:
        return f"baseline {few}".rstrip()
    if few:
        return f"not enough runs {few}"
    return "" if found is None else f"not enough runs (baseline n={found.baseline.n} of {MIN_SEEDS})"


def verdict_style(recipe: Recipe) -> str:
    """The style of a verdict, which only repeats what its words say."""
    found = recipe.summary.comparison
    return "" if found is None else VERDICT_STYLES[found.verdict]


def texts(selection: RecipeSelection, column: str) -> list[str]:
    """A column of a table of recipes as a person reads it."""
    recipes = selection.recipes
    match column:
        case "study":
            return [selection.study_names[recipe.study.id] if recipe.study else NO_STUDY for recipe in recipes]
        case "diverged":
            return [str(recipe.summary.diverged or "") for recipe in recipes]
        case "verdict":
            return [verdict_text(recipe) for recipe in recipes]
        case "difference":
            found = [recipe.summary.comparison for recipe in recipes]
            return ["" if one is None else PERCENT.signed(one.difference) for one in found]
        case _ if column == JUDGED_BY:
            return [
                PERCENT.plus_minus(recipe.summary.mean, recipe.summary.interval)
                + (SELECTED if recipe.summary.selected_on_test else "")
                for recipe in recipes
            ]
        case _ if column == NETWORK:
            return [PERCENT.numbers(recipe.network) for recipe in recipes]
    return texts_of(column, values_of(selection.frame[column]))


def text_frame(selection: RecipeSelection) -> pd.DataFrame:
    """The table as a person reads it, to be written as Markdown."""
    import pandas as pd

    columns = {TITLES.get(name, name): texts(selection, name) for name in selection.columns}
    return pd.DataFrame(columns, index=selection.frame.index, dtype=object)


def recipes_page(selection: RecipeSelection) -> RenderableType:
    """A table for each study, and the notes that belong to all."""
    parts: list[RenderableType] = []
    for one in selection.studies():
        parts += [Text(_heading(one.recipes[0]), "bold"), _listing(one), Text()]
    return Group(*parts, *(Text(note, "italic") for note in notes(selection.recipes)))


def notes(recipes: Sequence[Recipe]) -> list[str]:
    """What has to be said of the metrics of some recipes."""
    found = []
    if any(recipe.summary.n > 1 for recipe in recipes):
        found.append(_HALF)
    if any(recipe.network is not None for recipe in recipes):
        found.append(_NETWORK)
    if any(recipe.summary.selected_on_test for recipe in recipes):
        found.append(f"{SELECTED} {SELECTED_ON_TEST}")
    if any(recipe.summary.diverged for recipe in recipes):
        found.append(f"{DIVERGED}.")
    return found


def _heading(recipe: Recipe) -> str:
    study = recipe.study
    if study is not None:
        return f"{study.id}: baseline {study.baseline}, margin {PERCENT.margin(study.margin)}"
    return f"{NO_STUDY}: " + (f"baseline {recipe.baseline}" if recipe.baseline else "compared with nothing")


def _listing(selection: RecipeSelection) -> Listing:
    styles = {row: style for row, recipe in enumerate(selection.recipes) if (style := verdict_style(recipe))}
    columns = [
        ListingColumn(
            TITLES.get(name, name),
            texts(selection, name),
            right=is_number(name) and name != JUDGED_BY,
            styles=styles if name == "verdict" else {},
        )
        for name in selection.columns
    ]
    return Listing(columns, _FIRST, "--format csv has them all")
