"""Runs folders with the command line at them, and terminals to run it on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands.lab import Lab, Terminal


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def shared_lab(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Iterator[Lab]:
    shared = Lab(tmp_path_factory.mktemp("lab") / "runs", cache)
    yield shared
    shared.close()


@pytest.fixture
def lab(shared_lab: Lab) -> Iterator[Lab]:
    """The runs folder that most tests share, because its worker stays warm. Nothing waits or runs in it."""
    yield shared_lab
    shared_lab.end_all()


@pytest.fixture
def own_lab(tmp_path: Path, cache: Path) -> Iterator[Lab]:
    """A runs folder of the test's own, not made yet and served by nobody."""
    own = Lab(tmp_path / "runs", cache)
    yield own
    own.close()


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Opens terminals, and closes what is still open in the end."""
    opened: list[Terminal] = []

    def open_one(lab: Lab, *arguments: object, **how: object) -> Terminal:
        opened.append(Terminal(lab, *arguments, **how))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
