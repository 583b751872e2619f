"""Each screen as a picture, on runs, a clock and a machine that stand still.

``pytest tests/tui/test_snapshots.py --snapshot-update`` draws them anew.
"""

from __future__ import annotations

import io
import math
import os
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from mnist_lab.data import dataset
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import METRICS, Model, Record, Result, Seconds
from mnist_lab.experiments.study import of_plans
from mnist_lab.machine.hardware import Load
from mnist_lab.store import Store, studies
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.compare import CompareScreen
from mnist_lab.tui.screens.run import RunScreen
from mnist_lab.tui.widgets.grid import Grid
from tests.factories import NOON, ONE_WORKER, make_record, put
from tests.tui.waiting import eventually

WIDE, NARROW = (120, 36), (80, 24)
_PAIR = ("slash", *"seed=4", "enter", "space", "down", "space", "v")
"""Marks the newest gelu and the newest sigmoid, and opens them next to each other."""
_CURVES = {"relu": 0.0, "sigmoid": 0.05, "gelu": -0.004, "elu": 0.02, "leaky-relu": 0.015, "dense-early": 0.001}


class StillLab(LabApp):
    """The lab on a machine of which nothing changes."""

    CSS = "* { transition: none; } Input { &:focus .input--cursor { text-style: none; } }"

    async def _poll_machine(self) -> None:
        self.machine = Load("2 CPUs", 0.38, 4_100_000_000, 24_000_000_000)

    async def _poll_workers(self) -> None:
        self.worker = "worker warm"

    async def _prefetch(self) -> None:
        """Nothing is prefetched: nothing will be requested."""


def saved(index: int, name: str, seed: int = 0) -> Record:
    """A finished run of a preset, made of formulas."""
    epochs = 14 if name == "dense-early" else 20
    base = _CURVES[name] + 0.001 * (seed * 7 % 5)
    loss = [0.35 * math.exp(-epoch / 4) + 0.01 + base for epoch in range(epochs)]
    val_loss = [0.2 * math.exp(-epoch / 3) + 0.07 + base + 0.001 * abs(epoch - 9) for epoch in range(epochs)]
    accuracy = [1 - value / 3.3 for value in loss]
    val_accuracy = [1 - value / 3.3 for value in val_loss]
    history = dict(zip(METRICS, (loss, accuracy, val_loss, val_accuracy), strict=True))
    best = val_loss.index(min(val_loss))
    kept = best if name == "dense-early" else epochs - 1
    return make_record(
        f"01ARZ3NDEKTSV4RRFFQ69G5F{'ABCDEFGHJK'[index]}{'VWXYZ'[seed]}",
        experiment=preset(name).derive(seed=seed),
        preset=name,
        study="activation",
        history=history,
        epochs_run=epochs,
        best_epoch=best + 1 if name == "dense-early" else None,
        stopped_early=name == "dense-early",
        reason="val_loss had not improved for 4 epochs." if name == "dense-early" else "",
        result=Result(
            loss=loss[kept],
            accuracy=accuracy[kept],
            val_loss=val_loss[kept],
            val_accuracy=val_accuracy[kept],
            test_accuracy=val_accuracy[kept],
        ),
        seconds=Seconds(startup=3.1, compile=1.2, train=4.1, evaluate=0.1, per_epoch=(0.21,) * epochs),
        model=Model(
            parameters=101_770, layers=("dense_1 relu: 128, 100,480 parameters", "output: 10, 1,290 parameters")
        ),
        finished_at=NOON + timedelta(seconds=8),
        note="a note",
        tags=("first", "second"),
    )


@pytest.fixture
def lab(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StillLab:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("COLORTERM", "truecolor")
    for index, name in enumerate(_CURVES):
        record = saved(index, name)
        put(store.root, "request.json", b"", record.id)
        store.publish(record)
    predict(store, record, 50)
    os.utime(store.root, (1_700_000_000, 1_700_000_000))
    app = StillLab(store, ONE_WORKER)
    return app


def predict(store: Store, record: Record, every: int) -> None:
    """Keep predictions of which one in so many is wrong."""
    labels = dataset.load().y_test
    predicted = labels.copy()
    predicted[::every] = (predicted[::every] + 1) % 10
    probabilities = np.full((len(labels), 10), 0.01, np.float16)
    probabilities[np.arange(len(labels)), predicted] = 0.91
    content = io.BytesIO()
    np.savez_compressed(content, probabilities=probabilities, digits=predicted.astype(np.uint8))
    store.predictions_path(record.id).write_bytes(content.getvalue())


@pytest.fixture
def studied(lab: StillLab, store: Store) -> StillLab:
    """The same with five seeds of three activations, declared as a study, and predictions of the two newest of them."""
    names = ("relu", "sigmoid", "gelu")
    runs = [saved(index, name, seed) for index, name in enumerate(names) for seed in range(1, 5)]
    for record in runs:
        put(store.root, "request.json", b"", record.id)
        store.publish(record)
    for record, every in ((runs[-1], 45), (runs[-5], 39)):
        predict(store, record, every)
    studies.declare(store, of_plans([Planned(preset(name), name, study="activation") for name in names], range(5)))
    os.utime(store.root, (1_700_000_000, 1_700_000_000))
    return lab


async def ready(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, LabApp)
    app.sub_title = "saved_runs"
    await eventually(pilot, lambda: len(app.snapshots) == len(_CURVES) and app.machine is not None, "reading")
    await pilot.pause()


def steps(*keys: str) -> object:
    async def before(pilot: Pilot[None]) -> None:
        await ready(pilot)
        for key in keys:
            await pilot.press(key)
            await pilot.pause()

    return before


async def compared(pilot: Pilot[None]) -> None:
    await ready(pilot)
    await pilot.press("c")
    await eventually(pilot, lambda: isinstance(pilot.app.screen, CompareScreen), "comparing")
    await eventually(pilot, lambda: len(pilot.app.screen.query_one(Grid).keys) == len(_CURVES), "listing")
    await pilot.press("space", "down", "space", "down", "space")
    await pilot.pause()


def studying(*keys: str) -> object:
    """The compare screen on the study, with keys pressed one by one."""

    async def before(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, LabApp)
        app.sub_title = "saved_runs"
        await eventually(pilot, lambda: len(app.snapshots) == len(_CURVES) + 12 and app.machine is not None, "reading")
        await pilot.press("c")
        await eventually(pilot, lambda: isinstance(app.screen, CompareScreen), "comparing")
        await eventually(pilot, lambda: app.screen.query_one(Grid).keys, "listing")
        for key in keys:
            await pilot.press(key)
            await pilot.pause()

    return before


def opened(page: str, *keys: str) -> object:
    async def before(pilot: Pilot[None]) -> None:
        await ready(pilot)
        await pilot.press("9")
        await pilot.pause()
        await pilot.press("down", "enter")
        await eventually(pilot, lambda: isinstance(pilot.app.screen, RunScreen), "opening")
        await pilot.press(page, *keys)
        await pilot.pause()

    return before


@pytest.mark.parametrize(
    ("size", "before"),
    [
        pytest.param(WIDE, steps(), id="home-wide"),
        pytest.param(NARROW, steps("m", "l"), id="home-narrow"),
        pytest.param(WIDE, steps("w", "w", "x", "left"), id="home-smoothed-read-off"),
        pytest.param(WIDE, steps("b"), id="experiment-editor"),
        pytest.param(NARROW, steps("question_mark"), id="help"),
        pytest.param(WIDE, compared, id="compare"),
        pytest.param(WIDE, opened("1"), id="run-curves"),
        pytest.param(NARROW, opened("2"), id="run-confusion"),
        pytest.param(WIDE, opened("3"), id="run-mistakes"),
        pytest.param(WIDE, opened("4"), id="run-recipe"),
        pytest.param(WIDE, opened("p", "left", "left", *["up"] * 6), id="run-replay"),
        pytest.param(NARROW, opened("p", "left"), id="run-replay-narrow"),
    ],
)
def test_screen(lab: StillLab, snap_compare: object, size: tuple[int, int], before: object) -> None:
    assert snap_compare(lab, terminal_size=size, run_before=before)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("size", "before"),
    [
        pytest.param(WIDE, studying("g", "space", "down", "space"), id="compare-recipes"),
        pytest.param(NARROW, studying("g"), id="compare-recipes-narrow"),
        pytest.param(WIDE, studying(*_PAIR), id="pair"),
        pytest.param(NARROW, studying(*_PAIR), id="pair-narrow"),
        pytest.param(WIDE, studying(*_PAIR, "2"), id="pair-digits"),
    ],
)
def test_screen_of_a_study(studied: StillLab, snap_compare: object, size: tuple[int, int], before: object) -> None:
    assert snap_compare(studied, terminal_size=size, run_before=before)  # type: ignore[operator]
