"""The claims screen under its keys, on real records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import Record
from mnist_lab.report.claims import CLAIMS
from mnist_lab.report.ledger import judge
from mnist_lab.report.ledger.table import SYMBOLS
from mnist_lab.store import Store, registry
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.claims import ClaimsScreen, suggested
from mnist_lab.tui.screens.line_editor import LineEditor
from mnist_lab.tui.widgets.grid import Grid
from tests.factories import ONE_WORKER, put
from tests.report.trained import trained
from tests.tui.test_snapshots import StillLab
from tests.tui.waiting import eventually

WIDE, NARROW = (140, 40), (80, 24)
IDS = [claim.id for claim in CLAIMS]


def save(store: Store, records: list[Record]) -> list[Record]:
    for record in records:
        put(store.root, "request.json", b"", record.id)
        store.publish(record)
    return records


@pytest.fixture
def app(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabApp]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLORTERM", "truecolor")
    store.prepare()
    slot = registry.take_slot(store.root, registry.WorkerSpec(), slots=1)
    assert slot is not None
    yield StillLab(store, ONE_WORKER)
    slot.release()


@asynccontextmanager
async def judging(app: LabApp, records: int = 0, size: tuple[int, int] = WIDE) -> Any:
    """The app on the claims screen, once so many runs are read and all is judged."""
    async with app.run_test(size=size) as pilot:
        await eventually(pilot, lambda: len(app.snapshots) == records, "reading")
        await pilot.press("L")
        await eventually(pilot, lambda: isinstance(app.screen, ClaimsScreen) and grid(app).keys, "the claims")
        yield pilot


def grid(app: LabApp) -> Grid:
    return app.screen.query_one(Grid)


def text(app: LabApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def row(app: LabApp, claim_id: str) -> list[str]:
    return [cell.plain for cell in grid(app)._cells(claim_id)]


async def ask(pilot: Pilot[Any], app: LabApp, claim_id: str, seeds: str | None = None) -> str:
    """Press enter on a claim, and then with so many seeds. Returns what was proposed."""
    grid(app).cursor = IDS.index(claim_id)
    await pilot.press("enter")
    await eventually(pilot, lambda: isinstance(app.screen, LineEditor), "the question")
    proposed = app.screen.query_one(Input).value
    if seeds is not None:
        app.screen.query_one(Input).value = seeds
    await pilot.press("enter")
    await eventually(pilot, lambda: isinstance(app.screen, ClaimsScreen), "the screen")
    return proposed


def notifications(app: LabApp) -> list[str]:
    return [notification.message for notification in app._notifications]


async def test_every_claim_is_there_in_its_order_with_its_verdict_in_words(app: LabApp, store: Store) -> None:
    records = save(store, trained(4))
    async with judging(app, len(records)):
        assert list(grid(app).keys) == IDS
        for judgement in judge(CLAIMS, records):
            verdict, words, *_ = row(app, judgement.claim.id)
            assert verdict == f"{SYMBOLS[judgement.verdict]} {judgement.verdict}"
            assert words.startswith(f"“{judgement.claim.text}”")
        assert row(app, "wider-better")[2] == "4"
        assert row(app, "depth-redundancy")[2] == "–"


async def test_the_claim_under_the_cursor_is_shown_in_full_with_its_metrics(app: LabApp, store: Store) -> None:
    records = save(store, trained(3))
    async with judging(app, len(records)) as pilot:
        grid(app).cursor = IDS.index("wider-better")
        await eventually(pilot, lambda: "units-256 − units-64" in text(app), "its figures")
        [judgement] = judge([CLAIMS[IDS.index("wider-better")]], records)
        assert judgement.sentence[:60] in text(app)
        assert "2a. Changing feature size" in text(app)


async def test_enter_asks_for_what_is_missing_and_a_second_time_for_nothing(app: LabApp, store: Store) -> None:
    records = save(store, [one for one in trained(3) if one.experiment.units == 64])
    async with judging(app, len(records)) as pilot:
        assert await ask(pilot, app, "wider-better") == "5"
        await eventually(pilot, lambda: len(app.snapshots) == 3 + 12, "the request")
        requested = [run.request for run in store.runs() if run.request is not None]
        wanted = [(units, seed) for units in (64, 128, 256) for seed in range(5) if units != 64 or seed > 2]
        assert sorted((one.experiment.units, one.experiment.seed) for one in requested) == wanted
        assert await ask(pilot, app, "wider-better", "5") == "5"
        await eventually(
            pilot, lambda: any("Nothing is missing" in one for one in notifications(app)), "the notification"
        )
        assert len(store.ids()) == 15


async def test_gradients_are_measured_where_the_claim_is_about_them(app: LabApp, store: Store) -> None:
    async with judging(app) as pilot:
        await ask(pilot, app, "sigmoid-gradients", "1")
        await eventually(pilot, lambda: len(app.snapshots) == 2, "the request")
        requested = [run.request for run in store.runs() if run.request is not None]
        assert {(one.experiment, bool(one.measurements)) for one in requested} == {
            (preset("relu"), True),
            (preset("sigmoid"), True),
        }


async def test_a_run_that_ends_is_judged_at_once(app: LabApp, store: Store) -> None:
    async with judging(app) as pilot:
        assert row(app, "relu-accuracy")[0] == "… not enough runs"
        save(store, [one for one in trained(5) if one.experiment.unseeded() == preset("relu")])
        await eventually(pilot, lambda: row(app, "relu-accuracy")[2] == "5", "the judging")
        assert "not enough" not in row(app, "relu-accuracy")[0]


async def test_an_invalid_number_of_seeds_is_reported(app: LabApp, store: Store) -> None:
    wrong = ("", "0", "five", "1001", "-3")
    async with judging(app) as pilot:
        for count, typed in enumerate(wrong, 1):
            await ask(pilot, app, "wider-better", typed)
            await eventually(pilot, lambda count=count: len(notifications(app)) == count, "notifying")
        assert set(notifications(app)) == {"Seeds are a whole number from 1 to 1000."}
        assert store.ids() == []


async def test_what_no_training_can_tell_asks_for_none(app: LabApp) -> None:
    async with judging(app) as pilot:
        grid(app).cursor = IDS.index("depth-redundancy")
        await pilot.press("enter")
        await eventually(
            pilot, lambda: any("No training can test" in one for one in notifications(app)), "the notification"
        )


def test_five_seeds_are_proposed_then_five_more_but_no_more_than_would_do() -> None:
    claim = CLAIMS[IDS.index("wider-better")]
    for there in (0, 3, 4):
        assert suggested(judge([claim], trained(there))[0]) == 5
    assert suggested(judge([claim], trained(7))[0]) in range(7, 13)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["narrow", "wide"])
def test_screen(app: LabApp, store: Store, snap_compare: Any, size: tuple[int, int]) -> None:
    records = save(store, trained(5))

    async def before(pilot: Pilot[None]) -> None:
        app.sub_title = "saved_runs"
        await eventually(pilot, lambda: len(app.snapshots) == len(records) and app.machine is not None, "reading")
        await pilot.press("L")
        await eventually(pilot, lambda: isinstance(app.screen, ClaimsScreen) and grid(app).keys, "the claims")
        await pilot.press("down", "down", "down")
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=before)
