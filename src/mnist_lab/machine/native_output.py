"""Redirecting what native libraries print: TensorFlow writes to descriptors 1 and 2, not to ``sys.stdout``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def redirected(to: int) -> Iterator[None]:
    """Send what this process and the libraries in it print to another descriptor, which may be closed meanwhile."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    try:
        os.dup2(to, 1)
        os.dup2(to, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, original in zip((1, 2), kept, strict=True):
            os.dup2(original, number)
            os.close(original)
