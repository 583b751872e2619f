"""Facts about the machine and versions, with and without git."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import facts
from mnist_lab import __version__
from mnist_lab.workers import provenance


@pytest.fixture(autouse=True)
def _uncached() -> Iterator[None]:
    provenance.git_commit.cache_clear()
    yield
    provenance.git_commit.cache_clear()


def test_a_checkout_without_git_has_a_version_without_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    versions = facts.versions()
    assert versions["mnist-lab"] == __version__
    assert versions["keras"].startswith("3.")
    assert facts.machine()["cores"]
