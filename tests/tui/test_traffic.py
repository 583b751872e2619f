"""What the lab sends to a terminal while a run goes on: what has changed, not the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.terminal import Terminal, lab
from mnist_lab.experiments.events import EpochEnded, to_line
from mnist_lab.store import Store, registry
from tests.factories import make_request
from tests.processes import Holder

Hold = Callable[..., Holder]
SCREEN = 80 * 24
"""Cells; a full repaint takes several bytes for each."""


def epoch(number: int, val_accuracy: float) -> bytes:
    return to_line(
        EpochEnded(
            at=number,
            epoch=number,
            loss=0.1,
            accuracy=0.9,
            val_loss=0.1,
            val_accuracy=val_accuracy,
            seconds=0.2,
        )
    )


def settle(terminal: Terminal) -> int:
    """Wait until nothing but the load of the machine is sent any more; return how much was sent until then."""
    written = -SCREEN
    while len(terminal.received) - written > SCREEN // 4:
        written = len(terminal.received)
        terminal.drain(1)
    return len(terminal.received)


def test_an_epoch_sends_its_row_and_its_piece_of_curve(store: Store, hold: Hold, tmp_path: Path) -> None:
    store.prepare()
    slot = registry.take_slot(store.root, registry.WorkerSpec(), slots=1)
    assert slot is not None
    request = make_request(preset="baseline", study="activation")
    store.request(request)
    hold(store.folder(request.id))
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    with (
        store.journal_path(request.id).open("ab", buffering=0) as journal,
        Terminal(lab(store.root), columns=80, lines=24, environment=environment) as terminal,
    ):
        journal.write(epoch(1, 0.95) + epoch(2, 0.97))
        terminal.wait(b"2/20")
        written = settle(terminal)
        journal.write(epoch(3, 0.96))
        terminal.wait(b"3/20", after=written)
        assert settle(terminal) - written < SCREEN
    slot.release()
