"""Values that are made by the thousand and stay: what the garbage collector need not look at again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 1000


@contextmanager
def staying(count: int) -> Iterator[None]:
    """Spare the collector what is made inside, where that is many, and all that is there by then.

    Ten thousand records are read in two thirds of the time, and every later collection is as short as without them.
    For what is done once and kept: cycles that are garbage by the end of it stay, too.
    """
    if count < _MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()
