"""Least-recently-used cache of values that are expensive to make."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LRUCache(Generic[Value]):
    """Keeps the values used last, and drops its reference to all others.

    ``functools.lru_cache`` cannot be used: its key has all arguments of the value, while a compiled network is made of
    an experiment and of arrays on the device, and its key has their compile key and digests.

    Args:
        size: Number of values kept, at least 1.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made by ``make`` where it is not kept; the least recently used one is dropped for it."""
        if key not in self._values:
            self._values[key] = make()
            if len(self._values) > self._size:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]
