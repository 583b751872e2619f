"""The screen of two marked runs, on real predictions files; nothing is trained."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.pilot import Pilot

from mnist_lab.experiments.record import Record
from mnist_lab.store import Store
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.compare import CompareScreen
from mnist_lab.tui.screens.pair import TABS, PairScreen
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.grid import Grid
from mnist_lab.tui.widgets.image_grid import ImageGrid
from tests.tui.test_run import NARROW, WIDE, WRONG, app, data, footer, notified, predict, save, text, words
from tests.tui.waiting import eventually

__all__ = ["app", "data"]


@pytest.fixture
def two(store: Store, data: str) -> tuple[Record, Record]:
    """A run that took some fours for nines, and one that made no mistake, of another recipe and seed."""
    wrong = save(store, changes={"data": data})
    right = save(store, changes={"data": data, "activation": "sigmoid", "seed": 1})
    predict(store, wrong)
    predict(store, right, mistakes=0)
    return wrong, right


@asynccontextmanager
async def opened(app: LabApp, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[Any]]:
    """The app with the two newest runs opened next to each other, the older one first."""
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        await eventually(pilot, lambda: isinstance(app.screen, CompareScreen), "comparing")
        await eventually(pilot, lambda: len(app.screen.query_one(Grid).keys) > 1, "listing")
        await pilot.press("down", "space", "up", "space", "v")
        await eventually(pilot, lambda: isinstance(app.screen, PairScreen), "opening")
        await eventually(pilot, lambda: "Reading the predictions" not in text(app), "reading")
        yield pilot


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_it_tells_what_differs_and_tests_the_networks_and_not_the_recipes(
    app: LabApp, two: tuple[Record, Record], size: tuple[int, int]
) -> None:
    async with opened(app, size) as pilot:
        lines = [" ".join(line.split()) for line in text(app).splitlines()]
        assert any(line.startswith("activation relu sigmoid") for line in lines)
        assert any(line.startswith("seed 0 1") for line in lines)
        shown = words(app)
        for record in two:
            assert record.id[-6:] in shown
        await pilot.press(*["down"] * 9)
        shown += " ".join(line[:46].strip() for line in text(app).splitlines())
        assert f"s1 alone {WRONG}; both are wrong in different ways on 0" in shown
        assert "(McNemar, p = 1.9e-09)" in shown
        assert "not their recipes" in shown
        assert [snapshot.id for snapshot in app.screen.query_one(ChartPane).snapshots] == [record.id for record in two]
        await pilot.press("m", "l")
        assert "val_loss · log" in text(app)
        await pilot.press("pagedown", "down", "up")
        await pilot.press("escape")
        assert isinstance(app.screen, CompareScreen)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_digits_that_flip_are_pictures(
    app: LabApp, two: tuple[Record, Record], size: tuple[int, int]
) -> None:
    async with opened(app, size) as pilot:
        await pilot.press("3")
        assert f"{WRONG} images that only the second gets right" in text(app)
        assert "o 9" in text(app)
        assert "true 4" in text(app)
        await pilot.press("right", "left", "z", "pagedown", "down", "pageup")
        assert (app.screen.query_one(ImageGrid).page > 0) == (size == NARROW)
        await pilot.press("2")
        assert "There is no image that only the first gets right." in text(app)
        await pilot.press("tab")
        assert "that only the second gets right" in text(app)
        await pilot.press("shift+tab", "shift+tab", "shift+tab")
        assert "both get wrong" in text(app)
        assert {"zoom"} <= footer(app)
        await pilot.press("1")
        assert {"metric"} <= footer(app)


async def test_where_there_is_no_test_one_sentence_says_why(
    app: LabApp, two: tuple[Record, Record], store: Store
) -> None:
    newest = save(store)
    async with opened(app) as pilot:
        assert "different images" in words(app)
        await pilot.press("2")
        assert "different images" in words(app)
        assert newest.id[-6:] in text(app)


async def test_it_takes_two_marked_runs(app: LabApp, two: tuple[Record, Record]) -> None:
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await pilot.press("c")
        await eventually(pilot, lambda: isinstance(app.screen, CompareScreen), "comparing")
        await eventually(pilot, lambda: len(app.screen.query_one(Grid).keys) == 2, "listing")
        await pilot.press("space", "v")
        await eventually(pilot, lambda: notified(app), "the sentence")
        assert "Mark two runs" in notified(app)[0]
        assert isinstance(app.screen, CompareScreen)


async def test_any_size_will_do(app: LabApp, two: tuple[Record, Record]) -> None:
    async with opened(app) as pilot:
        for size in [(40, 10), (20, 5), (1, 1), NARROW, (200, 60)]:
            await pilot.resize_terminal(*size)
            await eventually(pilot, lambda size=size: app.screen.size == size, "resizing")
            for page in range(1, len(TABS) + 1):
                await pilot.press(str(page), "right", "down", "z")
        assert isinstance(app.screen, PairScreen)
