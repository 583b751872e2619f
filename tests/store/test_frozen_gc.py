"""The garbage collector is paused while many objects are made, and enabled afterwards, also after an error."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from mnist_lab.store.frozen_gc import frozen_gc


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_it_is_paused_only_for_many_objects() -> None:
    with frozen_gc(10):
        assert gc.isenabled()
    with frozen_gc(10_000):
        assert not gc.isenabled()
        made = [[] for _ in range(100)]  # type: ignore[var-annotated]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(made)


def test_it_is_enabled_after_an_error() -> None:
    with pytest.raises(ValueError, match="broken"), frozen_gc(10_000):
        raise ValueError("broken")
    assert gc.isenabled()


def test_a_disabled_collector_stays_disabled() -> None:
    gc.disable()
    with frozen_gc(10_000):
        pass
    assert not gc.isenabled()
