"""A storm of random keys and resizes on saved runs: no exception, and nothing left behind.

``MNIST_LAB_STORM=5000`` makes it as long as one likes.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from mnist_lab.experiments.record import METRICS
from mnist_lab.store import Store, registry
from mnist_lab.tui.app import LabApp
from tests.factories import OBEYED, ONE_WORKER, make_record, put

EVENTS = int(os.environ.get("MNIST_LAB_STORM", "150"))

KEYS = [
    *"raskSebmtlwzxhpgcoduvTfXny<>1234567890#.=",
    *("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter", "escape", "tab", "shift+tab"),
    *("space", "backspace", "shift+up", "shift+down", "question_mark", "slash", "left_square_bracket"),
    *("right_square_bracket", "ctrl+p", "f2", "ctrl+r", "q"),
]
SIZES = [(80, 24), (140, 40), (200, 60), (20, 5), (40, 10), (1, 1), (100, 8), (30, 50)]


@pytest.fixture
def saved(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    store.prepare()
    slot = registry.take_slot(store.root, registry.WorkerSpec(), slots=1)
    assert slot is not None
    shares, losses = [0.1, 0.5, 0.97], [0.1, 0.97, 1e30]
    infinite = [float("nan"), float("inf")]
    draw = random.Random(0)
    for changes in [{}, {"activation": "gelu"}, {"network": "conv"}, {"early_stopping": True}, {"units": 77}]:
        for status in ("finished", "diverged", "failed"):
            epochs = draw.randrange(0, 4)
            record = make_record(
                changes={**changes, "epochs": 4},
                status=status,
                history={
                    metric: draw.choices(
                        shares if "accuracy" in metric else losses if status == "finished" else losses + infinite,
                        k=epochs,
                    )
                    for metric in METRICS
                },
                epochs_run=epochs,
                note=OBEYED,
            )
            put(store.root, "request.json", b"", record.id)
            store.publish(record)
    put(store.root, "run.json", b"{")
    yield store
    slot.release()


async def test_random_keys_and_resizes_break_nothing(saved: Store) -> None:
    draw = random.Random(20260102)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    left = EVENTS
    while left > 0:
        app = LabApp(saved, ONE_WORKER)
        async with app.run_test(size=(140, 40)) as pilot:
            while left > 0 and app.is_running:
                left -= 1
                if draw.random() < 0.1:
                    await pilot.resize_terminal(*draw.choice(SIZES))
                else:
                    await pilot.press(draw.choice(KEYS))
        assert app.return_code in (0, None)
    after = {child.pid for child in psutil.Process().children(recursive=True)}
    assert after <= before
