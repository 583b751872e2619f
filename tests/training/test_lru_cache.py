from __future__ import annotations

import weakref

from mnist_lab.training.lru_cache import LRUCache


def test_the_values_used_last_are_kept() -> None:
    made: list[str] = []

    def get(key: str) -> str:
        return cache.get(key, lambda: made.append(key) or key.upper())

    cache: LRUCache[str] = LRUCache(2)
    assert [get(key) for key in "abacab"] == list("ABACAB")
    # c came when b had not been asked for as long.
    assert made == list("abcb")


def test_a_dropped_value_is_freed() -> None:
    class Model:
        pass

    cache: LRUCache[Model] = LRUCache(1)
    first = weakref.ref(cache.get("first", Model))
    assert first() is not None
    cache.get("second", Model)
    assert first() is None
