"""The home screen under its keys. A test holds the worker slot, so that requested runs stay queued."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import METRICS
from mnist_lab.store import Store, prefetch, registry, run_queue, studies
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.compare import CompareScreen
from mnist_lab.tui.screens.experiment_editor import ExperimentEditor
from mnist_lab.tui.screens.help import HelpScreen
from mnist_lab.tui.screens.home import HomeScreen
from mnist_lab.tui.screens.leave import LeaveScreen
from mnist_lab.tui.screens.run import RunScreen
from mnist_lab.tui.widgets.chart_pane import ChartOptions, ChartPane
from mnist_lab.tui.widgets.grid import Grid
from tests.factories import OBEYED, ONE_WORKER, make_record, make_request, put
from tests.tui.waiting import eventually

WIDE, NARROW = (140, 40), (80, 24)


@pytest.fixture
def app(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LabApp]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    store.prepare()
    slot = registry.take_slot(store.root, registry.WorkerSpec(), slots=1)
    assert slot is not None
    yield LabApp(store, ONE_WORKER)
    slot.release()


def save(store: Store, **changes: object) -> str:
    history = {metric: [0.9, 0.5, 0.7] for metric in METRICS}
    record = make_record(changes=changes | {"epochs": 3}, history=history, epochs_run=3)
    put(store.root, "request.json", b"", record.id)
    store.publish(record)
    return record.id


def chart_options(app: LabApp) -> ChartOptions:
    return app.screen.query_one(ChartPane).options


def text_of(app: LabApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).content)


def listed(app: LabApp) -> list[str]:
    return list(app.screen.query_one("#runs", Grid).keys)


async def test_an_empty_lab_says_what_to_do_next(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "Press r to make the first" in text
        assert "nothing is queued" in text


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_one_key_requests_every_run_of_the_section(app: LabApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await pilot.press("r")
        await eventually(pilot, lambda: len(app.snapshots) == 5, "requesting")
        assert [snapshot.label for snapshot in app.snapshots.values()] == [
            "relu",
            "sigmoid",
            "gelu",
            "elu",
            "leaky-relu",
        ]
        assert {snapshot.status for snapshot in app.snapshots.values()} == {"queued"}
        assert {snapshot.study for snapshot in app.snapshots.values()} == {"activation"}


async def test_several_seeds_declare_a_study_of_which_only_what_is_missing_is_requested(app: LabApp) -> None:
    saved = save(app.store, activation="gelu", epochs=3, seed=1)
    async with app.run_test(size=WIDE) as pilot:
        await eventually(pilot, lambda: len(app.snapshots) == 1, "listing")
        assert not app.screen.query_one("#study").display
        await pilot.press("e", "tab", "2", "tab", "3", "escape")
        await eventually(
            pilot, lambda: "10 runs, 1 of them saved or in progress" in text_of(app, "#message"), "counting"
        )
        await pilot.press("r")
        await eventually(pilot, lambda: len(app.snapshots) == 10, "requesting")
        await eventually(pilot, lambda: "all of them saved or in progress" in text_of(app, "#message"), "counting")
        assert [snapshot.status for snapshot in app.snapshots.values()] == ["finished"] + ["queued"] * 9
        [study] = studies.studies(app.store)
        assert (study.title, study.seeds, study.baseline) == ("activation", (0, 1), "relu")
        assert study.arm_of(app.snapshots[saved].experiment or DEFAULT) == "gelu"
        await eventually(pilot, lambda: "1 of 10 done, 0 running, 9 left" in text_of(app, "#study"), "showing")
        assert app.screen.query_one("#study").display
        await pilot.press("r")
        await pilot.pause()
        await pilot.press("S")
        await eventually(pilot, lambda: all(snapshot.ended for snapshot in app.snapshots.values()), "stopping all")
        assert len(app.snapshots) == 10, "what is queued is not requested again"
        await eventually(pilot, lambda: not app.screen.query_one("#study").display, "falling silent")


async def test_a_number_turns_to_its_section_and_brackets_to_its_neighbours(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        home = app.screen
        assert isinstance(home, HomeScreen)
        for key, name in [
            ("3", "width"),
            ("9", "overfitting"),
            ("0", "custom"),
            ("right_square_bracket", "activation"),
        ]:
            await pilot.press(key)
            await pilot.pause()
            assert home.section_name == name
        await pilot.press("left_square_bracket")
        await pilot.pause()
        assert home.section_name == "custom"


async def test_the_form_marks_invalid_input_and_requests_nothing(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("e", "tab", "tab", "x")
        epochs = app.screen.query_one("#epochs", Input)
        assert epochs.value == "x"
        assert epochs.has_class("wrong")
        assert "epochs takes a whole number from 1 to 10000" in text_of(app, "#message")
        await pilot.press("escape", "r")
        await pilot.pause()
        assert not app.store.ids()
        await pilot.press("e", "tab", "tab", "2", "escape", "r")
        await eventually(pilot, lambda: len(app.snapshots) == 5, "requesting")
        assert {snapshot.experiment.epochs for snapshot in app.snapshots.values() if snapshot.experiment} == {2}


async def test_values_can_be_unticked(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("e", "space", "right", "space", "escape", "r")
        await eventually(pilot, lambda: len(app.snapshots) == 3, "requesting")
        assert [snapshot.label for snapshot in app.snapshots.values()] == ["gelu", "elu", "leaky-relu"]


async def test_the_base_experiment_is_changed_field_by_field(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("0", "b")
        editor = app.screen
        assert isinstance(editor, ExperimentEditor)
        units = editor.query_one("#field-units Input", Input)
        units.value = "0"
        await pilot.pause()
        assert "units takes a whole number from 1 to 4096" in text_of(app, "#field-units .help")
        await pilot.press("f2")
        assert app.screen is editor, "invalid input is not applied"
        units.value = "77"
        await pilot.pause()
        await pilot.press("f2", "r")
        await eventually(pilot, lambda: len(app.snapshots) == 1, "requesting")
        (snapshot,) = app.snapshots.values()
        assert snapshot.experiment == DEFAULT.derive(units=77)


async def test_stop_ends_a_waiting_run_and_move_reorders_the_queue(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("r")
        await eventually(pilot, lambda: len(app.snapshots) == 5, "requesting")
        first, second, *_ = listed(app)
        await pilot.press("shift+down")
        await eventually(
            pilot, lambda: [run.id for run in run_queue.waiting(app.store)][:2] == [second, first], "moving"
        )
        await pilot.press("space")
        await eventually(pilot, lambda: app.snapshots[first].status == "paused", "pausing")
        await pilot.press("space")
        await eventually(pilot, lambda: app.snapshots[first].status == "queued", "resuming")
        await pilot.press("s")
        await eventually(pilot, lambda: app.snapshots[first].status == "stopped", "stopping")
        await pilot.press("S")
        await eventually(pilot, lambda: all(snapshot.ended for snapshot in app.snapshots.values()), "stopping all")


async def test_what_is_run_now_comes_before_what_waits(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("a")
        await eventually(pilot, lambda: len(app.snapshots) == 5, "queueing")
        await pilot.press("0", "r")
        await eventually(pilot, lambda: len(app.snapshots) == 6, "requesting")
        newest = list(app.snapshots)[-1]
        await eventually(pilot, lambda: run_queue.waiting(app.store)[0].id == newest, "going first")


async def test_the_keys_of_the_chart_change_its_options(app: LabApp) -> None:
    shown = save(app.store)
    save(app.store, activation="gelu")
    async with app.run_test(size=WIDE) as pilot:
        await eventually(pilot, lambda: len(listed(app)) == 2, "listing")
        metrics = []
        for _ in METRICS:
            await pilot.press("m")
            metrics.append(chart_options(app).metric)
        assert sorted(metrics) == sorted(METRICS)
        await pilot.press("l", "w", "z", "t")
        assert chart_options(app) == ChartOptions(log=True, smoothing=0.3, last=20, with_training=True)
        await pilot.press("x")
        assert chart_options(app).crosshair == 3
        await pilot.press("left")
        assert chart_options(app).crosshair == 2
        await pilot.press("right", "right")
        assert chart_options(app).crosshair == 3
        await pilot.press("x", "h", "p")
        assert chart_options(app).crosshair is None
        assert chart_options(app).hidden == chart_options(app).pinned == {shown}


async def test_a_pinned_run_stays_in_other_sections(app: LabApp) -> None:
    sigmoid = save(app.store, activation="sigmoid")
    async with app.run_test(size=WIDE) as pilot:
        await eventually(pilot, lambda: listed(app) == [sigmoid], "listing")
        await pilot.press("3")
        await pilot.pause()
        assert listed(app) == []
        await pilot.press("1", "p", "3")
        await pilot.pause()
        assert listed(app) == [sigmoid]


async def test_sections_count_their_trained_networks(app: LabApp) -> None:
    save(app.store)
    save(app.store, units=64)
    async with app.run_test(size=WIDE) as pilot:
        await eventually(pilot, lambda: len(app.snapshots) == 2, "listing")
        assert "1/5" in text_of(app, "#question")
        await pilot.press("3")
        await pilot.pause()
        assert "2/3" in text_of(app, "#question")


async def test_a_run_requested_elsewhere_appears(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        request = make_request()
        app.store.request(request)
        await eventually(pilot, lambda: listed(app) == [request.id], "appearing")


async def test_keys_lead_to_the_other_screens_and_back(app: LabApp) -> None:
    save(app.store)
    async with app.run_test(size=WIDE) as pilot:
        await eventually(pilot, lambda: len(listed(app)) == 1, "listing")
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape", "c")
        await eventually(pilot, lambda: isinstance(app.screen, CompareScreen), "comparing")
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, HomeScreen), "coming home")
        await pilot.press("enter")
        await eventually(pilot, lambda: isinstance(app.screen, RunScreen), "opening")


async def test_the_theme_is_remembered(app: LabApp, store: Store) -> None:
    async with app.run_test(size=WIDE) as pilot:
        before = app.theme
        await pilot.press("T")
        chosen = app.theme
        assert chosen != before
    again = LabApp(store, ONE_WORKER)
    async with again.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert again.theme == chosen


async def test_leaving_while_nothing_trains_just_leaves(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("q")
        await eventually(pilot, lambda: not app.is_running, "leaving")


async def test_leaving_while_something_waits_says_what_goes_on(app: LabApp) -> None:
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("0", "r")
        await eventually(pilot, lambda: len(app.snapshots) == 1, "requesting")
        await pilot.press("q")
        await eventually(pilot, lambda: isinstance(app.screen, LeaveScreen), "asking whether to stop")
        await pilot.press("escape")
        await eventually(pilot, lambda: isinstance(app.screen, HomeScreen), "staying")
        await pilot.press("q")
        await eventually(pilot, lambda: isinstance(app.screen, LeaveScreen), "asking whether to stop")
        await pilot.press("s")
        await eventually(pilot, lambda: not app.is_running, "leaving")
    assert app.store.read(app.store.ids()[0]).status == "stopped"


async def test_damaged_and_hostile_records_are_shown_and_stop_nothing(app: LabApp) -> None:
    put(app.store.root, "run.json", b"{")
    record = make_record(changes={"units": 77}, status="failed", reason=OBEYED + "[/red]", note=OBEYED, tags=(OBEYED,))
    put(app.store.root, "request.json", b"", record.id)
    app.store.publish(record)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("0")
        await eventually(pilot, lambda: record.id in listed(app), "listing")
        text = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "\x1b" not in text
        assert "[/red]" in text


async def test_any_size_is_survived(app: LabApp) -> None:
    save(app.store)
    async with app.run_test(size=WIDE) as pilot:
        for size in [(20, 5), (1, 1), (80, 24), (200, 60), (40, 10), (30, 60), (200, 5), WIDE]:
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert "ACTIVATION" in text_of(app, "#question")


async def test_what_may_be_requested_next_is_prefetched(app: LabApp) -> None:
    def ahead() -> list[str]:
        return [experiment.activation for experiment in prefetch.read(app.store.root)]

    async with app.run_test(size=WIDE) as pilot:
        await eventually(pilot, lambda: ahead() == ["relu", "sigmoid", "gelu", "elu", "leaky_relu"], "prefetching")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await eventually(
            pilot,
            lambda: [experiment.units for experiment in prefetch.read(app.store.root)] == [128, 64, 256],
            "turning",
        )
