"""Early stopping replayed under the arrow keys of the run screen, on saved runs; nothing is trained."""

from __future__ import annotations

import pytest

from mnist_lab.experiments.record import METRICS, Record
from mnist_lab.store import Store
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.run import TABS
from mnist_lab.tui.widgets.replay_pane import ReplayPane
from tests.factories import ONE_WORKER, make_request
from tests.tui.test_run import NARROW, WIDE, app, footer, opened, save, screen, text, words

__all__ = ["app"]

LOSS = [0.9, 0.5, 0.4, 0.41, 0.395, 0.42, 0.43, 0.44]
ACCURACY = [0.7, 0.8, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95]


@pytest.fixture
def ended(store: Store) -> Record:
    history = dict.fromkeys(METRICS, LOSS) | {"val_accuracy": ACCURACY}
    return save(store, history=history, epochs_run=8, changes={"epochs": 8})


def rule(app: LabApp) -> tuple[object, ...]:
    found = app.screen.query_one(ReplayPane).rule
    assert found is not None
    return found.monitor, found.patience, found.min_delta


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_arrows_change_the_rule_and_the_words_and_the_chart_follow_at_once(
    app: LabApp, ended: Record, size: tuple[int, int]
) -> None:
    async with opened(app, ended.id, size) as pilot:
        await pilot.press("p")
        assert TABS[screen(app).tab] == "Replay"
        assert rule(app) == ("val_loss", 4, 0.0)
        assert "would have gone on to the end, and kept epoch 5" in words(app)
        assert "not trained" not in text(app)
        await pilot.press("left", "left")
        assert rule(app) == ("val_loss", 2, 0.0)
        assert "stopped after epoch 7, 1 epoch earlier, and kept epoch 5: 92.00 %" in words(app)
        assert "not trained" in text(app)
        assert "┊ stopped" in text(app)
        await pilot.press(*["up"] * 6)
        assert rule(app) == ("val_loss", 2, 0.005)
        assert "stopped after epoch 5, 3 epochs earlier, and kept epoch 3: 90.00 %" in words(app)
        await pilot.press("down", *["left"] * 9)
        assert rule(app) == ("val_loss", 0, 0.002)
        await pilot.press(*["right"] * 30, *["down"] * 30)
        assert rule(app) == ("val_loss", len(LOSS), 0.0)
        await pilot.press("m")
        assert rule(app)[0] == "val_accuracy"
        assert "kept epoch 8: 95.00 %" in words(app)


async def test_it_says_that_the_epoch_was_chosen_on_the_test_images(app: LabApp, ended: Record, store: Store) -> None:
    holdout = save(store, changes={"protocol": "holdout"})
    async with opened(app, ended.id) as pilot:
        await pilot.press("p")
        assert "chosen on the test images" in words(app)
        await pilot.press("m", "m")
        assert rule(app)[0] == "loss"
        assert "chosen on the test images" not in words(app)
    async with opened(LabApp(store, ONE_WORKER), holdout.id) as pilot:
        await pilot.press("6")
        assert "chosen on the test images" not in words(pilot.app)  # type: ignore[arg-type]


async def test_a_curve_that_was_cut_off_is_too_short_to_tell_and_another_run_has_a_rule_of_its_own(
    app: LabApp, store: Store
) -> None:
    cut = save(store, status="stopped", changes={"epochs": 20})
    own = save(store, changes={"early_stopping": True, "patience": 2, "min_delta": 0.003})
    async with opened(app, cut.id) as pilot:
        await pilot.press("p")
        assert "too early to tell when it would" in words(app)
        await pilot.press("left", "right_square_bracket")
        assert screen(app).run_id == own.id
        assert rule(app) == ("val_loss", 2, 0.003)
        await pilot.press("up")
        assert rule(app) == ("val_loss", 2, 0.005)


async def test_without_a_finished_curve_a_sentence_says_so_and_the_keys_do_no_harm(app: LabApp, store: Store) -> None:
    request = make_request()
    store.request(request)
    never = save(store, status="failed", history={metric: [] for metric in METRICS}, epochs_run=0)
    async with opened(app, request.id) as pilot:
        await pilot.press("p", "left", "up", "m", "pagedown", "z")
        assert "can be replayed when the run has ended" in words(app)
    async with opened(LabApp(store, ONE_WORKER), never.id) as pilot:
        await pilot.press("p", "left", "up", "m")
        assert "there is no curve to replay" in words(pilot.app)  # type: ignore[arg-type]


async def test_the_footer_names_the_keys_that_are_there(app: LabApp, ended: Record) -> None:
    async with opened(app, ended.id) as pilot:
        assert {"replay", "metric"} <= footer(app)
        await pilot.press("p")
        assert "monitor" in footer(app)
        assert not {"replay", "metric", "zoom"} & footer(app)
