"""The command palette: what it finds is run, whatever screen it was opened on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot
from textual.widgets import OptionList

from mnist_lab.experiments.presets import PRESETS
from mnist_lab.store import Store, registry
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.compare import CompareScreen
from mnist_lab.tui.screens.help import HelpScreen
from mnist_lab.tui.screens.home import HomeScreen
from mnist_lab.tui.screens.run import RunScreen
from mnist_lab.tui.widgets.section_list import LISTED
from tests.factories import ONE_WORKER, make_request
from tests.tui.waiting import eventually


@pytest.fixture
def app(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabApp]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    store.prepare()
    slot = registry.take_slot(store.root, registry.WorkerSpec(), slots=1)
    assert slot is not None
    yield LabApp(store, ONE_WORKER)
    slot.release()


async def choose(pilot: Pilot[Any], typed: str) -> None:
    """Open the palette, type, and take the first that it finds."""
    await pilot.press("ctrl+p")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, CommandPalette), "opening the palette")
    await pilot.press(*("space" if character == " " else character for character in typed))
    options = pilot.app.screen.query_one(OptionList)
    await eventually(
        pilot, lambda: options.option_count and typed in str(options.get_option_at_index(0).prompt), "finding"
    )
    await pilot.press("enter")
    await eventually(pilot, lambda: not isinstance(pilot.app.screen, CommandPalette), "closing the palette")


async def test_a_section_is_turned_to_from_any_screen(app: LabApp) -> None:
    name, title, _ = LISTED[-2]
    async with app.run_test() as pilot:
        await pilot.press("c")
        await eventually(pilot, lambda: isinstance(app.screen, CompareScreen), "comparing")
        await choose(pilot, f"Section {title.strip()}")
        await eventually(
            pilot, lambda: isinstance(app.screen, HomeScreen) and app.screen.section_name == name, "turning to it"
        )


async def test_a_section_is_turned_to_from_a_screen_above_home(app: LabApp) -> None:
    request = make_request()
    app.store.request(request)
    name, title, _ = LISTED[1]
    async with app.run_test() as pilot:
        await eventually(pilot, lambda: request.id in app.snapshots, "appearing")
        await choose(pilot, f"Open run {request.id[-6:]}")
        await eventually(pilot, lambda: isinstance(app.screen, RunScreen), "opening the run")
        await choose(pilot, f"Section {title.strip()}")
        await eventually(
            pilot, lambda: isinstance(app.screen, HomeScreen) and app.screen.section_name == name, "turning to it"
        )


async def test_a_preset_is_requested(app: LabApp) -> None:
    name = next(iter(PRESETS))
    async with app.run_test() as pilot:
        await choose(pilot, f"Run preset {name}")
        await eventually(pilot, lambda: app.snapshots, "being asked for")
        asked = app.store.read(next(iter(app.snapshots))).spec
        assert asked is not None
        assert asked.preset == name


async def test_what_has_a_key_is_found_by_its_description(app: LabApp) -> None:
    async with app.run_test() as pilot:
        await choose(pilot, "help")
        await eventually(pilot, lambda: isinstance(app.screen, HelpScreen), "opening help")
