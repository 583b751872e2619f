"""The compare screen grouped by recipe: verdicts in words, bands over seeds, and the way back to single runs."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from mnist_lab.analysis.tables import recipes
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import METRICS, Record, Result
from mnist_lab.experiments.study import Study, of_plans
from mnist_lab.render.palette import marker
from mnist_lab.store import Store
from mnist_lab.store.studies import declare
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.compare import CompareScreen
from mnist_lab.tui.screens.export import ExportScreen
from mnist_lab.tui.screens.help import HelpScreen
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.grid import Grid
from tests.tui.test_compare import NARROW, WIDE, app, drawn, press, save, text
from tests.tui.waiting import eventually

__all__ = ["app"]


def trained(store: Store, activation: str, seed: int, accuracy: float, **changes: Any) -> Record:
    history = {metric: [accuracy - 0.1 / epoch + 0.001 * seed for epoch in (1, 2, 4)] for metric in METRICS}
    result = Result(val_accuracy=accuracy, test_accuracy=accuracy + 0.0003 * (seed * 7 % 5))
    return save(store, changes={"activation": activation, "seed": seed} | changes, history=history, result=result)


@pytest.fixture
def study(store: Store) -> Study:
    """Two activations of five seeds, the second one far worse, declared as a study; two seeds of a width of none."""
    runs = [trained(store, name, seed, mean) for name, mean in (("relu", 0.978), ("elu", 0.97)) for seed in range(5)]
    for seed in range(2):
        trained(store, "relu", seed, 0.98, units=256, early_stopping=True)
    arms = [Planned(run.experiment.unseeded(), run.experiment.activation, study="activation") for run in runs[::5]]
    return declare(store, of_plans(arms, range(5)))


@asynccontextmanager
async def grouped(app: LabApp, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[Any]]:
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.press("c")
        await eventually(pilot, lambda: isinstance(app.screen, CompareScreen), "comparing")
        await pilot.press("g")
        await eventually(pilot, lambda: "recipes ·" in text(app), "grouping")
        yield pilot


def rows(app: LabApp) -> list[str]:
    """The rows on show, their spaces folded."""
    lines = [" ".join(line.split()) for line in text(app).splitlines()]
    return [line for line in lines if line.startswith(("activation", "no study"))]


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_recipes_stand_by_study_with_mean_half_interval_and_verdict_in_words(
    app: LabApp, study: Study, size: tuple[int, int]
) -> None:
    async with grouped(app, size):
        assert rows(app)[0].startswith("activation relu 5 97.86 ± 0.06 baseline")
        assert rows(app)[1].startswith("activation elu 5 97.06 ± 0.06 worse")
        assert "not enough runs (n=2 o" in rows(app)[2]
        assert "* epoch chosen on the test set" in text(app)
        assert "3 recipes · by study ▲" in text(app)


async def test_a_verdict_stays_whatever_is_filtered_and_however_it_is_ordered(app: LabApp, study: Study) -> None:
    async with grouped(app) as pilot:
        await pilot.press("slash", *"verdict=worse")
        await eventually(pilot, lambda: "1 of 3 recipes" in text(app), "the filter")
        assert "elu 5 97.06 ± 0.06 worse −0.80" in " ".join(text(app).split())
        await pilot.press("enter", "escape")
        await eventually(pilot, lambda: len(rows(app)) == 3, "all recipes")
        await press(pilot, *["greater_than_sign"] * 3, until=lambda: "test_accuracy % ▼" in text(app), what="the order")
        assert [" worse " in row for row in rows(app)] == [False, False, True]
        await press(pilot, "o", until=lambda: "test_accuracy % ▲" in text(app), what="the other way round")
        assert [" worse " in row for row in rows(app)] == [True, False, False]


async def test_curves_are_means_with_bands_over_seeds(app: LabApp, study: Study) -> None:
    async with grouped(app) as pilot:
        chart = app.screen.query_one(ChartPane)
        assert "val_accuracy · mean ± deviation over seeds" in text(app)
        assert [recipe.name for recipe in chart.recipes] == ["relu"]
        [series] = chart._chart().series
        assert len(series.points) == 3
        assert series.band is not None
        assert all(low < mean < high for (_, mean), (_, low, high) in zip(series.points, series.band, strict=True))
        await pilot.press("space", "down", "space")
        await eventually(pilot, lambda: "2 marked" in text(app), "marking")
        assert [recipe.name for recipe in chart.recipes] == ["relu", "elu"]
        assert len(set(chart.slots.values())) == 2
        for recipe in chart.recipes:
            assert f"{marker(chart.slots[recipe.key])} {recipe.name}" in text(app)
        await pilot.press("m", "u")
        await eventually(pilot, lambda: "val_loss · mean" in text(app), "another figure")
        assert [recipe.name for recipe in chart.recipes] == ["elu"]


async def test_g_turns_back_and_enter_shows_the_runs_of_a_recipe(app: LabApp, study: Study) -> None:
    async with grouped(app) as pilot:
        await pilot.press("v")
        await eventually(pilot, lambda: app._notifications, "the sentence")
        assert "g shows single runs" in next(iter(app._notifications)).message
        await press(pilot, "g", until=lambda: "12 runs" in text(app), what="single runs")
        await press(pilot, "g", until=lambda: "3 recipes" in text(app), what="recipes")
        await press(pilot, "down", "enter", until=lambda: "5 marked" in text(app), what="the runs of elu")
        assert set(drawn(app)) == {"elu"}
        assert len(drawn(app)) == 5


async def test_what_is_shown_is_exported(app: LabApp, study: Study, tmp_path: Path) -> None:
    async with grouped(app) as pilot:
        for key in ("c", "m"):
            await press(pilot, "X", until=lambda: isinstance(app.screen, ExportScreen), what="the question")
            assert "Export 3 recipes ×" in text(app)
            await pilot.press(key)
            await eventually(pilot, lambda: isinstance(app.screen, CompareScreen), "writing")
        await eventually(pilot, lambda: len(list((tmp_path / "here").iterdir())) == 2, "the files")
        [file] = (tmp_path / "here").glob("*.csv")
        shown = list(csv.DictReader(io.StringIO(file.read_text())))
        assert [row["verdict"] for row in shown] == ["baseline", "worse", "not enough runs"]
        [markdown] = (tmp_path / "here").glob("*.md")
        assert "| 97.06 ± 0.06 | worse | −0.80 |" in markdown.read_text()


async def test_a_run_that_ends_while_one_looks_is_judged_with_the_others(
    app: LabApp, store: Store, study: Study
) -> None:
    async with grouped(app) as pilot:
        trained(store, "elu", 5, 0.97)
        await eventually(pilot, lambda: rows(app)[1].startswith("activation elu 6"), "the new run")


async def test_the_screen_goes_on_while_verdicts_are_made(
    app: LabApp, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    judge = recipes.judge_study
    monkeypatch.setattr(recipes, "judge_study", lambda *known: go_on.wait(60) and judge(*known))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("c")
        await eventually(pilot, lambda: "12 runs ·" in text(app), "the runs")
        await press(pilot, "g", until=lambda: "judging 12 runs …" in text(app), what="the word")
        await pilot.press("question_mark")
        await eventually(pilot, lambda: isinstance(app.screen, HelpScreen), "help")
        assert "Group the runs" in text(app)
        assert not any(line.split()[:1] == ["g"] and "home" in line for line in text(app).splitlines())
        await pilot.press("escape")
        go_on.set()
        await eventually(pilot, lambda: "3 recipes ·" in text(app), "the verdicts")


async def test_any_size_will_do(app: LabApp, study: Study) -> None:
    async with grouped(app) as pilot:
        for size in [(40, 10), (20, 5), (1, 1), NARROW, (200, 60)]:
            await pilot.resize_terminal(*size)
            await eventually(pilot, lambda size=size: app.screen.size == size, "resizing")
            await pilot.press(
                "right", "left", "down", "space", "d", "greater_than_sign", "o", "m", "l", "slash", "u", "escape"
            )
            assert isinstance(app.screen, CompareScreen)
            assert app.screen.query_one(Grid) is not None
            if size in [(1, 1), NARROW]:  # past the last column
                await pilot.press("d", *["greater_than_sign"] * 40)
                assert isinstance(app.screen, CompareScreen)


async def test_an_empty_lab_says_so(app: LabApp, store: Store) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("c", "g")
        await eventually(pilot, lambda: "No runs yet." in text(app), "the sentence")
        await pilot.press("space", "enter", "v", "X", "greater_than_sign", "d", "g")
        assert isinstance(app.screen, CompareScreen)
