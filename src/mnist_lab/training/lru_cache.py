"""Least-recently-used cache of values that are costly to make."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LRUCache(Generic[Value]):
    """Keeps the values asked for last, and drops its reference to any other.

    ``functools.lru_cache`` does not serve: there the key is all that the value is made of, while a compiled network is
    made of an experiment and of arrays on the device, and found again by the experiment's shape and their digests.

    Args:
        size: How many values are kept, at least 1.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of a key, made by ``make`` where it is not kept; the one not asked for longest gives way."""
        if key not in self._values:
            self._values[key] = make()
            if len(self._values) > self._size:
                self._values.popitem(last=False)
        self._values.move_to_end(key)
        return self._values[key]
