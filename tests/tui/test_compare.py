"""The compare screen under its keys, on real records."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from mnist_lab.analysis.tables.export import to_rows
from mnist_lab.analysis.tables.run_table import RunSelection
from mnist_lab.experiments.record import METRICS, Record
from mnist_lab.render.palette import marker
from mnist_lab.store import Store, registry
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.compare import CompareScreen
from mnist_lab.tui.screens.export import ExportScreen
from mnist_lab.tui.screens.help import HelpScreen
from mnist_lab.tui.screens.home import HomeScreen
from mnist_lab.tui.screens.run import RunScreen
from mnist_lab.tui.widgets.chart_pane import ChartPane
from mnist_lab.tui.widgets.filter_line import FilterLine
from mnist_lab.tui.widgets.grid import Grid
from tests.factories import OBEYED, ONE_WORKER, is_harmless, make_record, make_request, put, unreadable
from tests.tui.waiting import eventually

WIDE, NARROW = (140, 40), (80, 24)
FORMATS = [("c", ".csv"), ("j", ".json"), ("m", ".md")]


@pytest.fixture
def app(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabApp]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    store.prepare()
    slot = registry.take_slot(store.root, registry.WorkerSpec(), slots=1)
    assert slot is not None
    yield LabApp(store, ONE_WORKER)
    slot.release()


def save(store: Store, **fields: Any) -> Record:
    history = {metric: [0.9, 0.5, 0.7] for metric in METRICS}
    record = make_record(**{"history": history, "epochs_run": 3} | fields)
    put(store.root, "request.json", b"", record.id)
    store.publish(record)
    return record


@pytest.fixture
def records(store: Store) -> dict[str, Record]:
    return {
        name: save(store, preset=name, changes=changes, val_loss=loss, val_accuracy=accuracy)
        for name, changes, loss, accuracy in [
            ("relu", {}, 0.09, 0.97),
            ("elu", {"activation": "elu"}, 0.08, 0.96),
            ("units-64", {"units": 64}, 0.10, 0.98),
            ("units-256", {"units": 256}, float("nan"), 0.95),
        ]
    }


@asynccontextmanager
async def comparing(app: LabApp, size: tuple[int, int] = WIDE) -> Any:
    """The app on the compare screen, with what it shows at first."""
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        await eventually(pilot, lambda: shown(app) is not None, "the table")
        yield pilot


def shown(app: LabApp) -> RunSelection | None:
    return app.screen.table.selection if isinstance(app.screen, CompareScreen) else None  # type: ignore[return-value]


def names(app: LabApp) -> list[str]:
    """The runs on show, top to bottom, by their presets."""
    return [app.snapshots[run_id].label.split()[0] for run_id in app.screen.query_one(Grid).keys]


def text(app: LabApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def drawn(app: LabApp) -> list[str]:
    return [view.label.split()[0] for view in app.screen.query_one(ChartPane).snapshots]


async def press(pilot: Pilot[Any], *keys: str, until: Callable[[], object], what: str) -> None:
    await pilot.press(*keys)
    await eventually(pilot, until, what)


async def filter_by(pilot: Pilot[Any], app: LabApp, expression: str) -> None:
    await pilot.press("slash", *expression)
    await eventually(pilot, lambda: asked(app).query.expression == expression, f"the filter {expression}")


def asked(app: LabApp) -> RunSelection:
    selection = shown(app)
    assert selection is not None
    return selection


async def test_all_saved_runs_are_there_newest_first_with_what_differs(app: LabApp, records: dict[str, Record]) -> None:
    async with comparing(app):
        assert names(app) == list(records)[::-1]
        assert asked(app).columns == ["id", "run", "val_accuracy", "val_loss", "units", "activation"]
        assert "4 runs · by id ▼" in text(app)
        assert "98.00%*" in text(app)
        assert "0.0800*" in text(app)
        assert drawn(app) == ["units-256"]


async def test_d_shows_all_columns_and_back(app: LabApp, records: dict[str, Record]) -> None:
    async with comparing(app) as pilot:
        await press(pilot, "d", until=lambda: "optimizer" in asked(app).columns, what="all columns")
        await press(pilot, "d", until=lambda: "optimizer" not in asked(app).columns, what="what differs")


async def test_columns_are_chosen_and_turned_and_the_order_shows_in_the_head(
    app: LabApp, records: dict[str, Record]
) -> None:
    async with comparing(app) as pilot:
        await press(pilot, "greater_than_sign", until=lambda: "run ▲" in text(app), what="the order by run")
        assert names(app) == ["elu", "relu", "units-256", "units-64"]
        await press(pilot, "greater_than_sign", until=lambda: "val_accuracy ▼" in text(app), what="that by accuracy")
        assert names(app) == ["units-64", "relu", "elu", "units-256"]
        await press(pilot, "o", until=lambda: "val_accuracy ▲" in text(app), what="the other way round")
        assert names(app) == ["units-256", "elu", "relu", "units-64"]
        assert drawn(app) == ["units-256"]
        await press(pilot, "greater_than_sign", until=lambda: "val_loss ▲" in text(app), what="the order by loss")
        assert names(app) == ["elu", "relu", "units-64", "units-256"]
        await press(pilot, "o", until=lambda: "val_loss ▼" in text(app), what="the other way round")
        assert names(app) == ["units-64", "relu", "elu", "units-256"]
        await press(pilot, *["less_than_sign"] * 4, until=lambda: "activation ▲" in text(app), what="going round")


async def test_a_click_on_a_head_orders_by_it_also_after_moving_sideways(
    app: LabApp, records: dict[str, Record]
) -> None:
    async with comparing(app, NARROW) as pilot:
        await press(pilot, "d", until=lambda: "optimizer" in asked(app).columns, what="all columns")
        await press(pilot, "right", "right", until=lambda: "val_loss" not in text(app), what="moving sideways")
        assert "units-256" in text(app)
        head = next(line for line in text(app).splitlines() if line.startswith("  id"))
        await pilot.click(Grid, offset=(head.index("status") + 1, 0))
        await eventually(pilot, lambda: asked(app).query.column == "status", "the order by status")
        await pilot.click(Grid, offset=(3, 0))
        await eventually(pilot, lambda: asked(app).query.column == "id", "the order by id")
        await press(pilot, "left", "left", until=lambda: "val_accuracy" in text(app), what="moving back")


def test_no_key_goes_astray_into_a_filter_that_nobody_opened() -> None:
    assert not FilterLine().display, "it would take the focus while the screen is still being put together"
    assert not CompareScreen.AUTO_FOCUS


async def test_what_is_typed_filters_at_once_and_escape_clears_it_then_goes_home(
    app: LabApp, records: dict[str, Record]
) -> None:
    async with comparing(app) as pilot:
        await filter_by(pilot, app, "units>=128 val_accuracy>95.5%")
        assert names(app) == ["elu", "relu"]
        assert asked(app).columns == ["id", "run", "val_accuracy", "val_loss", "activation"]
        assert "2 of 4 runs" in text(app)
        assert "97.00%*" in text(app)
        await press(pilot, "enter", until=lambda: isinstance(app.focused, Grid), what="leaving the line")
        assert names(app) == ["elu", "relu"]
        await press(pilot, "escape", until=lambda: len(names(app)) == 4, what="all runs")
        await press(pilot, "escape", until=lambda: isinstance(app.screen, HomeScreen), what="home")


async def test_keys_that_follow_the_slash_at_once_are_typed(app: LabApp, records: dict[str, Record]) -> None:
    async with comparing(app) as pilot:
        app.simulate_key("slash")
        app.simulate_key("o")
        await eventually(pilot, lambda: isinstance(app.focused, Input), "the line")
        assert asked(app).query.descending
        await press(pilot, "escape", until=lambda: isinstance(app.focused, Grid), what="leaving the line")


async def test_a_wrong_expression_is_marked_with_a_sentence_and_the_rest_counts(
    app: LabApp, records: dict[str, Record]
) -> None:
    async with comparing(app) as pilot:
        await filter_by(pilot, app, "activation=relu unitz>=64")
        await eventually(pilot, lambda: "Did you mean units?" in text(app), "the sentence")
        assert names(app) == ["units-256", "units-64", "relu"]
        await press(pilot, "escape", until=lambda: "Did you mean" not in text(app), what="the sentence going")


async def test_where_nothing_matches_it_says_what_to_do(app: LabApp, records: dict[str, Record]) -> None:
    async with comparing(app) as pilot:
        await filter_by(pilot, app, "zzz")
        assert "Nothing matches; escape clears the filter." in text(app)
        await pilot.press("enter", "space", "enter", "X", "greater_than_sign", "d", "down")
        await eventually(pilot, lambda: asked(app).query.all_columns, "the keys")
        assert isinstance(app.screen, CompareScreen)


async def test_marked_runs_are_drawn_over_each_other_and_told_by_their_markers(
    app: LabApp, records: dict[str, Record]
) -> None:
    async with comparing(app) as pilot:
        await press(pilot, "space", "down", "down", "space", until=lambda: "2 marked" in text(app), what="marking")
        assert drawn(app) == ["units-256", "elu"]
        slots = app.screen.query_one(ChartPane).slots
        assert len(set(slots.values())) == 2
        for name in ("units-256", "elu"):
            run_id = records[name].id
            assert f"{marker(slots[run_id])} {run_id[-6:]}" in text(app)
        await filter_by(pilot, app, "relu")
        assert drawn(app) == ["units-256", "elu"]
        await pilot.press("enter")
        await press(pilot, "escape", until=lambda: len(names(app)) == 4, what="all runs")
        await pilot.press("home", "down", "down")
        await press(pilot, "space", until=lambda: "1 marked" in text(app), what="taking a mark away")
        assert drawn(app) == ["units-256"]
        await press(pilot, "u", until=lambda: "1 marked" not in text(app), what="unmarking all")
        assert drawn(app) == ["elu"]
        await press(pilot, "up", until=lambda: drawn(app) == ["units-64"], what="the curve under the cursor")


async def test_no_more_runs_are_marked_than_can_be_told_apart(app: LabApp, store: Store) -> None:
    for seed in range(18):
        save(store, changes={"seed": seed})
    async with comparing(app) as pilot:
        await pilot.press(*["space", "down"] * 18)
        await eventually(pilot, lambda: "16 marked" in text(app), "marking")
        labels = app.screen.query_one(ChartPane).labels
        assert len(set(labels.values())) == 16
        assert len(set(app.screen.query_one(ChartPane).slots.values())) == 16


async def test_m_and_l_change_the_figure_and_its_axis(app: LabApp, records: dict[str, Record]) -> None:
    async with comparing(app) as pilot:
        await press(pilot, "m", until=lambda: app.screen.query_one(ChartPane).options.metric == "val_loss", what="m")
        await press(pilot, "l", until=lambda: "val_loss · log" in text(app), what="l")


async def test_enter_or_two_clicks_open_the_run_and_the_table_is_there_again_after_it(
    app: LabApp, records: dict[str, Record]
) -> None:
    async with comparing(app, NARROW) as pilot:
        await press(pilot, "down", "enter", until=lambda: isinstance(app.screen, RunScreen), what="opening")
        await app.pop_screen()
        await eventually(pilot, lambda: isinstance(app.screen, CompareScreen), "coming back")
        await pilot.click(Grid, offset=(10, 1), times=2)
        await eventually(pilot, lambda: isinstance(app.screen, RunScreen), "opening")


@pytest.mark.parametrize(("key", "ending"), FORMATS)
async def test_what_is_shown_is_exported_and_the_path_said(
    app: LabApp, records: dict[str, Record], tmp_path: Path, key: str, ending: str
) -> None:
    async with comparing(app) as pilot:
        await press(pilot, *["greater_than_sign"] * 2, until=lambda: "val_accuracy ▼" in text(app), what="the order")
        await filter_by(pilot, app, "activation=relu")
        await pilot.press("enter")
        files = [file_of(tmp_path, ending)]
        for _ in range(2):
            await press(pilot, "X", until=lambda: isinstance(app.screen, ExportScreen), what="the question")
            assert "3 runs × 5 columns" in str(app.screen.query_one(Static).content)
            before = len(files[-1])
            await pilot.press(key)
            await eventually(pilot, lambda before=before: len(file_of(tmp_path, ending)) > before, "the file")
            files.append(file_of(tmp_path, ending))
        await eventually(pilot, lambda: len(app._notifications) == 2, "the path")
        messages = {notification.message for notification in app._notifications}
        assert messages == {f"Written to {path}" for path in files[-1]}
        content = files[-1][0].read_text()
        assert [path.read_text() for path in files[-1]] == [content] * 2
        columns = ["id", "run", "val_accuracy", "val_loss", "units"]
        order = ["units-64", "relu", "units-256"]
        if ending == ".csv":
            rows = list(csv.DictReader(io.StringIO(content)))
            assert list(rows[0]) == columns
            assert [row["run"] for row in rows] == order
            assert [float(row["val_accuracy"]) for row in rows] == [0.98, 0.97, 0.95]
        elif ending == ".json":
            shown = json.loads(content)
            assert shown == {"schema": 1, "runs": to_rows(asked(app).frame)}
            assert [row["run"] for row in shown["runs"]] == order
            assert list(shown["runs"][0]) == columns
        else:
            lines = content.splitlines()
            assert lines[0] == "| " + " | ".join(columns) + " |"
            assert [line.split(" | ")[1] for line in lines[2:]] == order


def file_of(tmp_path: Path, ending: str) -> list[Path]:
    return sorted((tmp_path / "here").glob(f"mnist-lab-compare-*{ending}"))


async def test_an_export_may_be_called_off_or_fail_in_one_sentence(
    app: LabApp, records: dict[str, Record], tmp_path: Path
) -> None:
    async with comparing(app) as pilot:
        await press(pilot, "X", until=lambda: isinstance(app.screen, ExportScreen), what="the question")
        await press(pilot, "escape", until=lambda: isinstance(app.screen, CompareScreen), what="calling it off")
        (tmp_path / "here").rmdir()
        await press(pilot, "X", until=lambda: isinstance(app.screen, ExportScreen), what="the question")
        await press(pilot, "c", until=lambda: app._notifications, what="the sentence")
        (notification,) = app._notifications
        assert notification.severity == "error"
        assert "could not be written" in notification.message
        assert isinstance(app.screen, CompareScreen)


async def test_a_run_that_ends_while_one_looks_appears_and_the_cursor_stays_on_its_run(
    app: LabApp, store: Store, records: dict[str, Record]
) -> None:
    async with comparing(app) as pilot:
        save(store, preset="sigmoid", changes={"activation": "sigmoid"})
        await eventually(pilot, lambda: names(app)[0] == "sigmoid", "the new run")
        assert app.screen.query_one(Grid).cursor_key == records["units-256"].id
        request = make_request()
        store.request(request)
        await eventually(pilot, lambda: "1 to come" in text(app), "the run to come")
        store.publish(make_record(request.id))
        await eventually(pilot, lambda: len(names(app)) == 6, "the run that was to come")
        await pilot.press("escape")
        late = save(store)
        await eventually(pilot, lambda: late.id in app.snapshots, "reading at home")
        await press(pilot, "c", until=lambda: shown(app) and len(names(app)) == 7, what="the run made meanwhile")


async def test_runs_that_cannot_be_read_are_counted_apart(app: LabApp, store: Store) -> None:
    hidden, _, _ = (save(store, changes={"seed": seed}) for seed in range(3))
    with unreadable(store.folder(hidden.id) / "run.json"):
        async with comparing(app) as pilot:
            assert len(names(app)) == 2
            assert "1 unreadable" in text(app)
            store.rewrite(hidden)
            await eventually(pilot, lambda: len(names(app)) == 3, "the run that can be read now")
            assert "unreadable" not in text(app)


async def test_damaged_records_stop_nothing_and_strings_are_only_shown(app: LabApp, store: Store) -> None:
    put(store.root, "run.json", b'{"id": 1')
    put(store.root, "run.json", b"\xff\x00")
    for note in (OBEYED, "[bold red]x[/", "two\nlines", "=1+1", "長い" * 40):
        save(store, note=note, tags=(note,), preset=note)
    async with comparing(app, (200, 40)) as pilot:
        assert len(names(app)) == 5
        assert "2 without a record" in text(app)
        assert "[bold red]x[/" in text(app)
        assert is_harmless(text(app))
        await pilot.press(*["space", "down"] * 5)
        await eventually(pilot, lambda: "5 marked" in text(app), "marking")
        await filter_by(pilot, app, "[bold")
        assert len(names(app)) == 1


async def test_an_empty_lab_says_what_to_do_next(app: LabApp, store: Store) -> None:
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("c")
        await eventually(
            pilot, lambda: "No runs yet. Press escape, and r to make the first." in text(app), "the sentence"
        )
        await pilot.press("space", "enter", "o", "greater_than_sign", "X", "left", "u", "m", "l", "d")
        store.request(make_request())
        await eventually(pilot, lambda: "No run has ended yet" in text(app), "the other sentence")
        assert isinstance(app.screen, CompareScreen)


async def test_while_the_folder_is_read_it_says_so(
    app: LabApp, records: dict[str, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    refresh = app.library.refresh
    monkeypatch.setattr(app.library, "refresh", lambda: go_on.wait(60) and refresh())
    async with app.run_test(size=NARROW) as pilot:
        await pilot.press("c")
        await eventually(pilot, lambda: "reading 4 runs …" in text(app), "the word")
        go_on.set()
        await eventually(pilot, lambda: shown(app) is not None, "the table")


async def test_any_size_will_do(app: LabApp, records: dict[str, Record]) -> None:
    async with comparing(app) as pilot:
        for marks in ((), ("space", "down", "space", "d")):
            await pilot.press(*marks)
            for size in [(40, 10), (20, 5), (1, 1), NARROW, (200, 60)]:
                await pilot.resize_terminal(*size)
                await eventually(pilot, lambda size=size: app.screen.size == size, "resizing")
                await pilot.press("right", "right", "left", "down", "slash", "u", "greater_than_sign", "escape")
            await eventually(pilot, lambda: "4 runs" in text(app), "the table")
            assert app.screen.query_one(ChartPane).size.height > 10
            await pilot.resize_terminal(20, 5)
            await eventually(pilot, lambda: not app.screen.query_one(ChartPane).display, "the chart going")
            assert app.screen.query_one(Grid).size.height == 3
            await pilot.resize_terminal(*WIDE)


async def test_help_names_every_key(app: LabApp, records: dict[str, Record]) -> None:
    async with comparing(app) as pilot:
        await press(pilot, "question_mark", until=lambda: isinstance(app.screen, HelpScreen), what="help")
        assert all(binding.description for _, binding in CompareScreen()._bindings if binding.key != "c")
        await pilot.press("escape")
