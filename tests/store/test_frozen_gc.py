"""The garbage collector rests while many values are made, and goes on afterwards, whatever happens."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from mnist_lab.store.frozen_gc import staying


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_it_rests_only_where_they_are_many() -> None:
    with staying(10):
        assert gc.isenabled()
    with staying(10_000):
        assert not gc.isenabled()
        made = [[] for _ in range(100)]  # type: ignore[var-annotated]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(made)


def test_it_goes_on_after_an_error() -> None:
    with pytest.raises(ValueError, match="broken"), staying(10_000):
        raise ValueError("broken")
    assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    with staying(10_000):
        pass
    assert not gc.isenabled()
