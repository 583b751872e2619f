"""The run screen under its keys, on saved runs and real predictions files; nothing is trained."""

from __future__ import annotations

import math
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from mnist_lab.data import dataset
from mnist_lab.experiments.events import EpochEnded, PhaseStarted, Progressed, to_line
from mnist_lab.experiments.record import METRICS, Model, Record, Result
from mnist_lab.machine.cache import CACHE_VARIABLE
from mnist_lab.render.tables import SELECTED_ON_TEST
from mnist_lab.store import Store, registry
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.messages import RunOpened
from mnist_lab.tui.screens.help import HelpScreen
from mnist_lab.tui.screens.home import HomeScreen
from mnist_lab.tui.screens.line_editor import LineEditor
from mnist_lab.tui.screens.run import TABS, RunScreen
from mnist_lab.tui.widgets.chart_pane import ChartOptions, ChartPane
from mnist_lab.tui.widgets.curves_pane import CurvesPane
from mnist_lab.tui.widgets.image_grid import ImageGrid
from mnist_lab.tui.widgets.matrix_view import MatrixView
from mnist_lab.tui.widgets.page import Page
from tests.factories import OBEYED, ONE_WORKER, is_harmless, make_record, make_request, put, unreadable
from tests.processes import Holder
from tests.tui.waiting import eventually

WIDE, NARROW = (140, 40), (80, 24)
IMAGES = 10_000
WRONG = 30
"""So many fours among the test images were taken for nines."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The checksum of a data set in which every image is of one grey."""
    folder = tmp_path_factory.mktemp("data")
    labels = np.repeat(np.arange(10, dtype=np.uint8), IMAGES // 10)
    labels[:WRONG] = 4
    images = np.broadcast_to((np.arange(IMAGES) % 256).astype(np.uint8)[:, None, None], (IMAGES, 28, 28))
    np.savez(folder / "greys.npz", x_train=images[:60], y_train=labels[:60], x_test=images, y_test=labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CACHE_VARIABLE, str(folder))
        yield dataset.import_npz(folder / "greys.npz")


@pytest.fixture
def app(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabApp]:
    """A lab in which a worker seems to serve, so that none is started."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("NO_COLOR", raising=False)
    store.prepare()
    slot = registry.take_slot(store.root, registry.WorkerSpec(), slots=1)
    assert slot is not None
    yield LabApp(store, ONE_WORKER)
    slot.release()


def save(store: Store, **fields: Any) -> Record:
    """A run of six epochs that has ended."""
    changes = {"epochs": 6} | fields.pop("changes", {})
    history = {metric: [0.9, 0.5, 0.4, 0.3, 0.35, 0.36] for metric in METRICS}
    model = Model(parameters=101_770, layers=("flatten: 784", "dense_1 relu: 128", "output: 10"))
    record = make_record(**{"changes": changes, "history": history, "epochs_run": 6, "model": model} | fields)
    put(store.root, "request.json", b"", record.id)
    store.publish(record)
    return record


def predict(store: Store, record: Record, mistakes: int = WRONG) -> None:
    """Keep predictions that are right but for the first images; of the last of these the network was surest."""
    labels = np.load(next(Path(dataset.cache_folder()).glob("*/y_test.npy")))
    predicted = labels.copy()
    predicted[:mistakes] = 9
    probabilities = np.full((IMAGES, 10), 0.01, np.float16)
    probabilities[np.arange(IMAGES), predicted] = 0.9
    probabilities[np.arange(mistakes), 9] = np.linspace(0.5, 0.95, mistakes)
    np.savez(store.predictions_path(record.id), probabilities=probabilities, digits=predicted)


@pytest.fixture
def answered(store: Store, data: str) -> Record:
    """A run that has ended and kept its predictions."""
    record = save(store, changes={"data": data})
    predict(store, record)
    return record


@asynccontextmanager
async def opened(app: LabApp, run_id: str, size: tuple[int, int] = WIDE) -> AsyncIterator[Pilot[None]]:
    """The app with one run on the screen."""
    async with app.run_test(size=size, notifications=True) as pilot:
        await eventually(pilot, lambda: run_id in app.snapshots, "listing")
        app.post_message(RunOpened(run_id))
        await eventually(pilot, lambda: isinstance(app.screen, RunScreen), "opening")
        await settled(pilot)
        yield pilot


async def settled(pilot: Pilot[None]) -> None:
    """Let what is being read be read and drawn."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete([worker for worker in pilot.app.workers if worker.group == "predictions"])
    await pilot.pause()


def text(app: LabApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def words(app: LabApp) -> str:
    """What is on the screen, wherever its lines were broken."""
    return " ".join(text(app).split())


def notified(app: LabApp) -> list[str]:
    return [notification.message for notification in app._notifications]


def screen(app: LabApp) -> RunScreen:
    assert isinstance(app.screen, RunScreen)
    return app.screen


def footer(app: LabApp) -> set[str]:
    return {active.binding.description for active in app.screen.active_bindings.values() if active.binding.show}


# Pages


async def test_numbers_and_tab_turn_the_pages(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id) as pilot:
        run = screen(app)
        for number in (6, 5, 2, 4, 3, 1):
            await pilot.press(str(number))
            assert run.tab == number - 1
            shown = [TABS[index] for index, pane in enumerate(TABS) if run.query_one(f"#{pane.lower()}").display]
            assert shown == [TABS[number - 1]]
        await pilot.press("tab", "tab")
        assert run.tab == 2
        await pilot.press("shift+tab", "shift+tab", "shift+tab")
        assert run.tab == len(TABS) - 1


async def test_pages_are_turned_with_the_mouse(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id, NARROW) as pilot:
        line = text(app).splitlines()[1]
        for index, title in enumerate(TABS):
            await pilot.click("TabLine", offset=(line.index(title), 0))
            assert screen(app).tab == index
        await pilot.click("TabLine", offset=(79, 0))
        assert screen(app).tab == len(TABS) - 1


async def test_every_page_says_what_it_is_about(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id, NARROW) as pilot:
        for size in (NARROW, WIDE):
            caption = "true 4 pred 9" if size == NARROW else "true 4  predicted 9"
            await pilot.resize_terminal(*size)
            for key, texts in {
                "1": ["loss", "accuracy", "training", "validation"],
                "2": ["columns: predicted digit", caption.replace("  ", " ")],
                "3": [f"{WRONG} of {IMAGES} wrong", caption],
                "4": ["learning_rate", "default 20", "96.00"],
                "5": ["device", "101,770", "dense_1 relu: 128"],
            }.items():
                await pilot.press(key)
                await settled(pilot)
                for expected in texts:
                    assert expected in text(app)


# Curves


async def test_the_keys_of_the_charts_change_their_options(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id) as pilot:
        curves = app.screen.query_one(CurvesPane)
        await pilot.press("l", "w", "z", "x")
        assert curves.options == ChartOptions(
            "val_loss", with_training=True, log=True, smoothing=0.3, last=20, crosshair=6
        )
        assert app.screen.query_one("#accuracy", ChartPane).options.metric == "val_accuracy"
        await pilot.press("left", "left")
        assert curves.options.crosshair == 4
        assert "epoch 4: loss" in text(app)
        await pilot.press("right", "right", "right")
        assert curves.options.crosshair == 6
        await pilot.press("x", "right", "up", "pagedown")
        assert curves.options.crosshair is None


async def test_metrics_are_shown_together_where_there_is_room(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id) as pilot:
        curves = app.screen.query_one(CurvesPane)

        async def shown_after(key: str) -> list[str | None]:
            await pilot.press(key)
            await pilot.pause()
            return [chart.id for chart in curves.query(ChartPane) if chart.display]

        assert await shown_after("l") == ["loss", "accuracy"]
        assert await shown_after("m") == ["loss"]
        assert await shown_after("m") == ["accuracy"]
        assert await shown_after("m") == ["loss", "accuracy"]
        await pilot.resize_terminal(80, 12)
        await pilot.pause()
        assert await shown_after("l") == ["loss"]
        assert await shown_after("m") == ["accuracy"]
        assert await shown_after("m") == ["loss"]


async def test_best_and_stop_are_marked(app: LabApp, store: Store) -> None:
    record = save(store, changes={"early_stopping": True}, best_epoch=4, stopped_early=True)
    async with opened(app, record.id):
        assert "▲ best  ┊ stopped" in text(app)
        assert "epoch 6/6, best 4" in text(app)


# Confusion and mistakes


async def test_arrows_move_the_cell_and_its_digits_follow(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id) as pilot:
        await pilot.press("2")
        await settled(pilot)
        matrix = app.screen.query_one(MatrixView)
        assert matrix.cell == (4, 9), "it begins at the largest mistake"
        assert f"1–4 of {WRONG}" in text(app)
        await pilot.press("down", "left")
        await pilot.pause()
        assert matrix.cell == (5, 8)
        assert "true 5 predicted 8: none" in text(app)
        await pilot.press(*["up"] * 12, *["left"] * 12)
        assert matrix.cell == (0, 0)
        await pilot.press(*["down"] * 12, *["right"] * 12)
        await pilot.pause()
        assert matrix.cell == (9, 9)
        assert "of 1000" in text(app)


async def test_a_click_selects_a_cell(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id, NARROW) as pilot:
        await pilot.press("2")
        await settled(pilot)
        matrix = app.screen.query_one(MatrixView)
        await pilot.click(MatrixView, offset=(1 + 5 * 3, 2 + 6))
        assert matrix.cell == (6, 3)
        await pilot.click(MatrixView, offset=(0, 0))
        assert matrix.cell == (6, 3)


async def test_pictures_are_paged_and_drawn_larger(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id, NARROW) as pilot:
        await pilot.press("3")
        await settled(pilot)
        assert f"1–10 of {WRONG}" in text(app)
        assert "9 95.0" in text(app), "the most confident comes first"
        for key, first in [("right", 11), ("down", 21), ("pagedown", 21), ("left", 11), ("up", 1), ("pageup", 1)]:
            await pilot.press(key)
            await pilot.pause()
            assert f"{first}–{first + 9} of {WRONG}" in text(app)
        await pilot.press("right", "z")
        await pilot.pause()
        assert f"11–12 of {WRONG}" in text(app), "the image shown stays"
        assert "true 4  predicted 9" in text(app)
        await pilot.resize_terminal(*WIDE)
        await pilot.pause()
        assert f"9–16 of {WRONG}" in text(app), "the image shown stays"
        await pilot.resize_terminal(*NARROW)
        await pilot.pause()
        assert f"11–12 of {WRONG}" in text(app)
        await pilot.press("z")
        await pilot.pause()
        assert f"11–20 of {WRONG}" in text(app)


async def test_the_digits_of_a_cell_are_paged_and_drawn_larger(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id, NARROW) as pilot:
        await pilot.press("2")
        await settled(pilot)
        assert f"1–4 of {WRONG}" in text(app)
        await pilot.press("pagedown")
        await pilot.pause()
        assert f"5–8 of {WRONG}" in text(app)
        await pilot.press("z")
        await pilot.pause()
        assert f"5–5 of {WRONG}" in text(app)


async def test_where_only_one_fits_zoom_changes_between_matrix_and_pictures(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id, (50, 12)) as pilot:
        await pilot.press("2")
        await settled(pilot)
        matrix, image_grid = app.screen.query_one(MatrixView), app.screen.query_one("#confusion ImageGrid", ImageGrid)
        assert (matrix.display, image_grid.display) == (True, False)
        await pilot.press("z")
        assert (matrix.display, image_grid.display) == (False, True)
        await pilot.press("z")
        assert (matrix.display, image_grid.display) == (True, False)


async def test_shuffled_pixels_are_put_back_and_it_says_so(app: LabApp, store: Store, data: str) -> None:
    record = save(store, changes={"data": data, "permute_pixels": True})
    predict(store, record)
    async with opened(app, record.id) as pilot:
        await pilot.press("3")
        await settled(pilot)
        assert "shown unshuffled" in text(app)
        await pilot.press("2")
        assert "unshuffled, true 4 predicted 9" in text(app)


async def test_without_colour_digits_are_characters_and_curves_have_markers(
    app: LabApp, answered: Record, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    plain = LabApp(store, ONE_WORKER)
    async with opened(plain, answered.id) as pilot:
        assert "━o━" in text(plain)
        await pilot.press("3")
        await settled(pilot)
        assert "▀" not in text(plain)
        await pilot.press("2")
        assert "[30]" in text(plain)


# Recipe and machine


async def test_what_differs_from_the_default_stands_out_without_colour_too(app: LabApp, store: Store) -> None:
    record = save(store, changes={"units": 77})
    async with opened(app, record.id, NARROW) as pilot:
        await pilot.press("4")
        await pilot.pause()
        marked = [line.split()[1] for line in text(app).splitlines() if "▸" in line]
        assert marked == ["units", "epochs"]
        assert re.search(r"▸ units +77 +default 128", text(app))
        assert SELECTED_ON_TEST not in words(app)


async def test_what_was_selected_on_the_test_images_says_so(app: LabApp, store: Store) -> None:
    record = save(store, changes={"early_stopping": True}, best_epoch=4)
    async with opened(app, record.id, NARROW) as pilot:
        await pilot.press("4")
        for size in (NARROW, WIDE):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            right = " ".join(line.rstrip().split("  ")[-1] for line in text(app).splitlines())
            assert "The weights of epoch 4 were kept, the best by val_loss." in " ".join(right.split())
            assert SELECTED_ON_TEST in " ".join(right.split())


async def test_long_pages_scroll(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id, (60, 16)) as pilot:
        await pilot.press("4")
        page = app.screen.query_one("#recipe", Page)
        await pilot.press("down", "down", "right")
        await eventually(pilot, lambda: page.scroll_offset.y == 2, "scrolling")
        await pilot.press("pagedown")
        await eventually(pilot, lambda: page.scroll_offset.y > 6, "paging")
        await pilot.press("pageup", "pageup", "up")
        await eventually(pilot, lambda: page.scroll_offset.y == 0, "scrolling back")


# States


def begun(store: Store, hold: Callable[..., Holder], *, epochs: int) -> tuple[str, Holder]:
    """A run in the hands of a process, some epochs on."""
    request = make_request()
    store.request(request)
    holder = hold(store.folder(request.id))
    events = [
        EpochEnded(at=0, epoch=epoch, loss=0.3, accuracy=0.9, val_loss=0.2 / epoch, val_accuracy=0.95, seconds=2)
        for epoch in range(1, epochs + 1)
    ]
    with store.journal_path(request.id).open("ab") as journal:
        journal.write(b"".join(map(to_line, events)))
    return request.id, holder


def goes_on(store: Store, run_id: str, *events: Any) -> None:
    with store.journal_path(run_id).open("ab") as journal:
        journal.write(b"".join(map(to_line, events)))


async def test_a_waiting_run(app: LabApp, store: Store) -> None:
    request = make_request()
    store.request(request)
    async with opened(app, request.id) as pilot:
        assert "queued" in text(app)
        assert "The run is queued; its curves are drawn here once it trains." in text(app)
        for key in "23":
            await pilot.press(key)
            await pilot.pause()
            assert "Predictions are saved when the run ends." in text(app)
        await pilot.press("4")
        await pilot.pause()
        assert "The metrics are known when the run has ended." in words(app)
        await pilot.press("5")
        await pilot.pause()
        assert "The machine is written down when the run has ended." in text(app)


async def test_a_running_run_grows_and_ends_before_ones_eyes(
    app: LabApp, store: Store, data: str, hold: Callable[..., Holder]
) -> None:
    run_id, holder = begun(store, hold, epochs=0)
    goes_on(store, run_id, PhaseStarted(at=0, phase="compiling"))
    async with opened(app, run_id) as pilot:
        await eventually(pilot, lambda: "compiling the network" in text(app), "compiling")
        goes_on(store, run_id, Progressed(at=1, epoch=1, step=7, steps=10, loss=0.5, accuracy=0.8))
        await eventually(pilot, lambda: "epoch 0/20, step 7/10, loss 0.5000" in text(app), "training")
        assert {"stop", "pause/resume"} <= footer(app)
        goes_on(
            store,
            run_id,
            EpochEnded(at=2, epoch=1, loss=0.3, accuracy=0.9, val_loss=0.2, val_accuracy=0.95, seconds=2),
        )
        await eventually(pilot, lambda: "epoch 1/20" in text(app) and "validation" in text(app), "an epoch")
        await pilot.press("2")
        record = make_record(run_id, changes={"data": data})
        predict(store, record)
        store.publish(record)
        holder.kill()
        await eventually(pilot, lambda: "true 4 predicted 9" in text(app), "ending")
        assert not {"stop", "pause/resume"} & footer(app)


async def test_a_run_that_died_says_of_what(app: LabApp, store: Store, hold: Callable[..., Holder]) -> None:
    run_id, holder = begun(store, hold, epochs=2)
    async with opened(app, run_id) as pilot:
        await eventually(pilot, lambda: "epoch 2/20" in text(app), "training")
        holder.kill()
        await eventually(pilot, lambda: "Its worker was killed or crashed" in text(app), "dying")
        assert "died" in text(app)
        assert "loss" in text(app), "what was trained is still there"
        await pilot.press("3")
        await pilot.pause()
        assert "The run left no readable predictions." in text(app)
        await pilot.press("4")
        await pilot.pause()
        assert "It left no record." in words(app)
        await pilot.press("5")
        await pilot.pause()
        assert "It left no record of its machine." in text(app)
        await pilot.press("n")
        await eventually(pilot, lambda: notified(app), "saying why not")
        assert notified(app) == ["This run is died and has no record to keep a note in."]


async def test_why_a_run_ended_is_shown_under_its_name(app: LabApp, store: Store) -> None:
    endings = [
        ("stopped", "Stopped after epoch 6."),
        ("diverged", "The loss became NaN in epoch 2."),
        ("failed", "No memory."),
    ]
    first, *_ = [save(store, status=status, reason=reason) for status, reason in endings]
    async with opened(app, first.id, NARROW) as pilot:
        for status, reason in endings:
            for size in (NARROW, (40, 10)):
                await pilot.resize_terminal(*size)
                await settled(pilot)
                name, below = text(app).splitlines()[2:4]
                assert status in name
                assert reason in below
            await pilot.press("right_square_bracket")


async def test_a_diverged_run_has_gaps_and_predictions_without_numbers(app: LabApp, store: Store, data: str) -> None:
    nothing = [math.nan] * 2
    record = save(
        store,
        status="diverged",
        reason="The loss became NaN in epoch 1.",
        changes={"data": data},
        history={metric: [0.1, 0.1] for metric in METRICS} | {"loss": nothing, "val_loss": nothing},
        epochs_run=2,
        result=Result(loss=math.nan, accuracy=0.1, val_loss=math.nan, val_accuracy=0.1, test_accuracy=0.1),
    )
    np.savez(
        store.predictions_path(record.id),
        probabilities=np.full((IMAGES, 10), math.nan, np.float16),
        digits=np.zeros(IMAGES, np.uint8),
    )
    async with opened(app, record.id) as pilot:
        assert "no values to draw" in text(app)
        await pilot.press("3")
        await settled(pilot)
        assert "true 4  predicted 0" in text(app)
        await pilot.press("4")
        await pilot.pause()
        assert "nan" in text(app)


async def test_a_run_without_a_first_epoch(app: LabApp, store: Store) -> None:
    empty = {metric: [] for metric in METRICS}
    record = save(store, status="failed", reason="x", history=empty, epochs_run=0, result=Result(), model=None)
    async with opened(app, record.id) as pilot:
        assert "The run ended before its first epoch." in text(app)
        await pilot.press("x", "left", "m", "2")
        await pilot.pause()
        assert "The run ended before the test images were evaluated." in text(app)
        await pilot.press("4")
        await pilot.pause()
        assert "It ended before any were measured." in text(app)


async def test_a_damaged_run_says_where_and_stops_nothing(app: LabApp, store: Store) -> None:
    run_id = put(store.root, "run.json", b"{")
    async with opened(app, run_id) as pilot:
        assert "damaged" in text(app).splitlines()[2]
        assert "request.json" in text(app) or "run.json" in text(app)
        for key in "12345":
            await pilot.press(key)
            await pilot.pause()
        await pilot.press("4")
        await pilot.pause()
        assert "What was asked for cannot be read." in text(app)
        await pilot.press("y")
        await eventually(pilot, lambda: notified(app), "saying why not")
        assert notified(app) == ["This run is damaged and has no record to keep a note in."]


async def test_a_run_that_cannot_be_read_says_why_on_every_page_and_is_shown_once_it_can(
    app: LabApp, store: Store
) -> None:
    record = save(store)
    reason = "run.json cannot be read: it is a symbolic link, which the lab does not follow."
    with unreadable(store.folder(record.id) / "run.json"):
        async with opened(app, record.id) as pilot:
            assert "unreadable" in text(app).splitlines()[2]
            for key in "123456":
                await pilot.press(key)
                await pilot.pause()
                assert text(app).count(reason) == 2  # at the head, and in place of what the page would show
            await pilot.press("n", "s")
            await eventually(pilot, lambda: len(notified(app)) == 2, "saying why not")
            assert "This run is unreadable and has no record to keep a note in." in notified(app)
            assert any("is left as it is, for it cannot be read just now." in message for message in notified(app))
            store.rewrite(record)
            await eventually(pilot, lambda: "finished" in text(app).splitlines()[2], "reading it")
            assert reason not in text(app)


async def test_a_run_that_is_removed_says_so(app: LabApp, store: Store, answered: Record) -> None:
    async with opened(app, answered.id) as pilot:
        store.remove(answered.id)
        await eventually(pilot, lambda: "This run is not in the folder." in text(app), "removing")
        await pilot.press("right_square_bracket", "2", "n", "s", "escape")
        await eventually(pilot, lambda: isinstance(app.screen, HomeScreen), "going back")


async def test_missing_and_damaged_predictions_are_distinguished(app: LabApp, store: Store, data: str) -> None:
    missing = save(store, changes={"data": data})
    for content in (b"PK\x03\x04", b""):
        store.predictions_path(save(store, changes={"data": data}).id).write_bytes(content)
    async with opened(app, missing.id, NARROW) as pilot:
        for message in ("No predictions were kept (--keep record).", "are damaged", "are damaged"):
            for key in ("2", "3"):
                await pilot.press(key)
                await settled(pilot)
                assert message in words(app)
            await pilot.press("right_square_bracket", "1")


async def test_images_that_are_nowhere_to_be_found_are_named(app: LabApp, store: Store, data: str) -> None:
    record = save(store, changes={"data": "0" * 64})
    put(store.root, "predictions.npz", b"", record.id)
    async with opened(app, record.id) as pilot:
        await pilot.press("2")
        await settled(pilot)
        assert "give its .npz file with --data" in words(app)


async def test_a_network_without_mistakes(app: LabApp, store: Store, data: str) -> None:
    record = save(store, changes={"data": data})
    labels = dataset.load(data).y_test
    np.savez(
        store.predictions_path(record.id),
        probabilities=np.eye(10, dtype=np.float16)[labels],
        digits=labels,
    )
    async with opened(app, record.id) as pilot:
        await pilot.press("3")
        await settled(pilot)
        assert "There is no mistake." in text(app)


# Note and tags


async def test_a_note_is_edited_and_kept(app: LabApp, store: Store, answered: Record) -> None:
    async with opened(app, answered.id) as pilot:
        assert "n edits the note, y the tags" in text(app)
        await pilot.press("n", *"good", "space", *"one", "enter")
        await eventually(pilot, lambda: "good one" in text(app), "describing")
        assert store.record(answered.id).note == "good one"
        await pilot.press("n")
        await eventually(pilot, lambda: isinstance(app.screen, LineEditor), "editing")
        assert app.screen.query_one(Input).value == "good one"
        await pilot.press("x", "escape")
        await eventually(pilot, lambda: isinstance(app.screen, RunScreen), "leaving it")
        assert store.record(answered.id).note == "good one"
        assert store.record(answered.id).history == answered.history


async def test_tags_are_words_with_or_without_their_sign(app: LabApp, store: Store) -> None:
    record = save(store)
    typed = (*"one", "space", "number_sign", *"two", "space", *"one", "space", "number_sign", "enter")
    async with opened(app, record.id) as pilot:
        for key in ("y", "number_sign"):
            await pilot.press(key, *typed)
            await eventually(pilot, lambda: "#one  #two" in text(app), "describing")
            assert store.record(record.id).tags == ("one", "two")
            await pilot.press(key, "ctrl+u", "enter")
            await eventually(pilot, lambda: "n edits the note, y the tags" in text(app), "describing")
            assert store.record(record.id).tags == ()


async def test_leaving_a_note_as_it_is_writes_nothing(app: LabApp, store: Store) -> None:
    record = save(store, note="two\nlines", tags=("with a space",))
    before = (store.folder(record.id) / "run.json").stat().st_ino
    async with opened(app, record.id) as pilot:
        for key in "ny":
            await pilot.press(key)
            await eventually(pilot, lambda: isinstance(app.screen, LineEditor), "editing")
            await pilot.press("enter")
            await eventually(pilot, lambda: isinstance(app.screen, RunScreen), "leaving it")
        await pilot.pause()
    assert (store.folder(record.id) / "run.json").stat().st_ino == before


async def test_a_live_run_cannot_be_described_yet(app: LabApp, store: Store) -> None:
    request = make_request()
    store.request(request)
    async with opened(app, request.id) as pilot:
        await pilot.press("n")
        await eventually(pilot, lambda: notified(app), "saying why not")
        assert notified(app) == ["A note can be added when the run has ended."]
        assert isinstance(app.screen, RunScreen)


# The run itself, and others


async def test_a_waiting_run_is_paused_goes_on_and_is_stopped(app: LabApp, store: Store) -> None:
    request = make_request()
    store.request(request)
    async with opened(app, request.id) as pilot:
        for status in ("paused", "queued"):
            await pilot.press("space")
            await eventually(pilot, lambda status=status: app.snapshots[request.id].status == status, status)
        await pilot.press("s")
        await eventually(pilot, lambda: "It was stopped before it began." in text(app), "stopping")
        for key in ("s", "space"):
            app.clear_notifications()
            await pilot.press(key)
            await eventually(pilot, lambda: notified(app), "saying why not")
            assert notified(app) == ["This run has ended: it is stopped."]


async def test_brackets_go_to_the_neighbours(app: LabApp, store: Store, answered: Record) -> None:
    other = save(store, changes={"units": 77}, note="the other")
    async with opened(app, answered.id) as pilot:
        await pilot.press("2")
        await settled(pilot)
        assert "1 of 2" in text(app)
        await pilot.press("right_square_bracket")
        await settled(pilot)
        assert "the other" in text(app)
        assert "2 of 2" in text(app)
        assert "No predictions were kept" in text(app), "the page stays, its content is the other's"
        await pilot.press("right_square_bracket")
        await eventually(pilot, lambda: notified(app) == ["This is the last run."], "staying at the end")
        assert screen(app).run_id == other.id
        await pilot.press("left_square_bracket", "left_square_bracket")
        await settled(pilot)
        assert notified(app)[-1] == "This is the first run."
        assert "true 4 predicted 9" in text(app)


async def press_until(pilot: Pilot[None], key: str, screen: type[Screen[Any]]) -> None:
    await pilot.press(key)
    await eventually(pilot, lambda: isinstance(pilot.app.screen, screen), f"{key} leading to {screen.__name__}")


async def test_escape_and_enter_lead_back(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id) as pilot:
        await press_until(pilot, "escape", HomeScreen)
        await press_until(pilot, "enter", RunScreen)
        await press_until(pilot, "enter", HomeScreen)


async def test_help_and_footer_name_the_keys(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id) as pilot:
        assert {"metric", "zoom", "note", "tags", "next run", "back"} <= footer(app)
        await pilot.press("4")
        assert not {"metric", "zoom"} & footer(app)
        await pilot.press("m", "l", "w", "x", "z")
        assert app.screen.query_one(CurvesPane).options == ChartOptions("val_loss", with_training=True)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.pause()
        for expected in ("One run:", "Confusion", "crosshair", "log axis", "previous run", "previous images"):
            assert expected in text(app)


async def test_hostile_strings_are_shown_and_not_obeyed(app: LabApp, store: Store, data: str) -> None:
    hostile = OBEYED + "[/red][@click=app.exit]x[/]"
    record = save(
        store,
        status="failed",
        reason=hostile,
        note=hostile,
        tags=(hostile,),
        preset=hostile,
        changes={"data": data},
        model=Model(parameters=1, layers=(hostile,)),
    )
    predict(store, record)
    async with opened(app, record.id) as pilot:
        assert text(app).count("[/red][@click=app.exit]x[/]") >= 3
        for key in "12345":
            await pilot.press(key)
            await settled(pilot)
            assert is_harmless(text(app))
        assert "[/red]" in text(app)
        for key in "ny":
            await pilot.press(key)
            await eventually(pilot, lambda: isinstance(app.screen, LineEditor), "editing")
            assert is_harmless(text(app))
            await pilot.press("escape")
            await eventually(pilot, lambda: isinstance(app.screen, RunScreen), "leaving it")


async def test_any_size_is_survived_by_every_page(app: LabApp, answered: Record) -> None:
    page_count = "12345"

    async def page(key: str) -> list[str]:
        await pilot.press(key)
        await settled(pilot)
        return text(app).splitlines()[1:]

    async with opened(app, answered.id) as pilot:
        before = [await page(key) for key in page_count]
        for size in [(20, 5), (1, 1), (40, 10), (200, 60), (30, 60), (200, 5), (80, 24), (13, 9), WIDE]:
            await pilot.resize_terminal(*size)
            for key in page_count:
                await pilot.press(key, "down", "up")
            page_count = page_count[1:] + page_count[:1]  # so that each is the one that is resized
        for key, shown in zip("12345", before, strict=True):
            assert await page(key) == shown


async def test_at_20_by_5_one_still_knows_where_one_is(app: LabApp, answered: Record) -> None:
    async with opened(app, answered.id, (20, 5)) as pilot:
        await pilot.press("2")
        await settled(pilot)
        tabs, name, *_ = text(app).splitlines()
        assert "2 Confusion" in tabs
        assert "epochs=6" in name
