"""Errors of the folder and the system end no screen: the lab says what happened, once, and goes on."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_lab.runs import requests
from mnist_lab.runs.library import Library
from mnist_lab.store import Store, registry
from mnist_lab.tui.app import LabApp
from mnist_lab.tui.screens.home import HomeScreen
from mnist_lab.workers.placement import Placement
from tests.factories import make_record

OBEYED = "\x1b[31m[/][link=https://example.org]"


def failing(error: OSError) -> Callable[..., object]:
    def fail(*_: object, **__: object) -> object:
        raise error

    return fail


@pytest.mark.parametrize(
    ("module", "name"), [(Library, "refresh"), (registry, "workers"), ("mnist_lab.machine.hardware", "load")], ids=str
)
async def test_an_error_of_what_is_read_all_the_time_is_told_once(
    store: Store, module: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError(errno.EIO, os.strerror(errno.EIO), f"/srv/{OBEYED}")
    target = (module, name) if not isinstance(module, str) else None
    monkeypatch.setattr(f"{module}.{name}" if target is None else module, *([name] if target else []), failing(error))
    app = LabApp(store, Placement(workers=1, threads=1))
    async with app.run_test() as pilot:
        for _ in range(3):
            await pilot.pause(0.1)
        assert app.is_running
        assert isinstance(app.screen, HomeScreen)
        messages = [notification.message for notification in app._notifications]
        assert messages == ["/srv/[/][link=https://example.org] could not be read or written: Input/output error."]
        assert not any(notification.markup for notification in app._notifications)


async def test_an_error_of_what_is_asked_for_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    record = make_record()
    store.folder(record.id).mkdir()
    store.publish(record)
    monkeypatch.setattr(requests, "describe", failing(PermissionError(errno.EACCES, "Permission denied")))
    app = LabApp(store, Placement(workers=1, threads=1))
    async with app.run_test() as pilot:
        await pilot.pause(0.1)
        assert not await app._perform(lambda: requests.describe(store, record.id, "note", ()))
        await pilot.pause(0.1)
        [notification] = app._notifications
        assert notification.message == "The runs folder could not be read or written: Permission denied."


async def test_a_folder_with_a_name_that_a_terminal_would_obey_is_shown_without_it(tmp_path: Path) -> None:
    root = tmp_path / OBEYED.replace("/", "\\")
    app = LabApp(Store(root), Placement(workers=1, threads=1))
    async with app.run_test() as pilot:
        await pilot.pause()
        assert "\x1b" not in app.sub_title
