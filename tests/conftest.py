"""Fixtures that several modules of tests share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mnist_lab.store import Store
from tests.processes import Holder, Nursery

# Before any test imports TensorFlow, which asks once: as the engine has it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")


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


@pytest.fixture(scope="session")
def _nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


@pytest.fixture
def hold(_nursery: Nursery) -> Iterator[Callable[..., Holder]]:
    """Makes a process hold the claim on a folder, with locks that work, are missing or are meaningless."""
    yield _nursery.hold
    _nursery.clear()
