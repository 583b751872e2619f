"""Fixtures that several modules of tests share."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import FrameType

import pytest

from mnist_lab.store import Store
from tests import tools
from tests.processes import Holder, Nursery

# Before any test imports TensorFlow, which asks once: as the engine has it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

_SLOW_FOLDERS = ("torture", "benchmarks", "commands", "training", "workers", "tui")

# Under nohup, or in the background of a script, the programs that tests interrupt would inherit ignoring it.
for number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "needs(*programs): programs that the test runs and a machine may lack")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, those that wait for processes among those that compute."""
    files = list(dict.fromkeys(item.path for item in items))
    slow = [[file for file in files if file.parent.name == folder] for folder in _SLOW_FOLDERS]
    turns = {file: turn / len(group) for group in slow for turn, file in enumerate(group)}
    items.sort(key=lambda item: turns.get(item.path, 1.0))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare garbage collections what is imported here: TensorFlow's objects alone take each a quarter of a second."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    tools.require(item)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of a run what was not tested on this machine, and what it would take."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.getreports("skipped"))
    if reasons:
        terminalreporter.section("NOT TESTED ON THIS MACHINE", yellow=True)
    for reason, tests in sorted(reasons.items()):
        terminalreporter.line(f"{reason.replace('Skipped', 'SKIPPED')} (tests: {tests})", yellow=True)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty runs folder."""
    root = tmp_path / "runs"
    root.mkdir()
    return Store.locate(root)


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder to which every user has a way, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def private_umask() -> Iterator[None]:
    """A umask that keeps everything to oneself, unless modes are set on purpose."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def impatience() -> Iterator[None]:
    """Fail a test that waits for ever."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(30)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def _nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def hold(_nursery: Nursery) -> Iterator[Callable[..., Holder]]:
    """Makes a process hold the lease on a folder, with locks that work, are missing or are meaningless."""
    yield _nursery.hold
    _nursery.clear()
