"""Memory of the device: how many lanes fit into it, and how it looks when there was too little."""

from __future__ import annotations

import errno
from collections.abc import Mapping

_FRACTION = 0.6
"""Part of the free memory that is used: the rest is for compiling and for other users of the device."""


def lanes_within(stats: Mapping[str, int], free: int | None, bytes_per_lane: int) -> int:
    """Number of lanes that fit into the free memory of a device, at least one.

    Args:
        stats: JAX's statistics of its own use: ``bytes_limit``, the most it takes of the device, ``bytes_in_use``, and
            ``pool_bytes``, what it has taken of the device by now, where that is known.
        free: Bytes that no process uses now; None where that is not known.
        bytes_per_lane: What a lane needs at most.
    """
    used = stats["bytes_in_use"]
    room = stats["bytes_limit"] - used
    if free is not None:
        room = min(room, free + max(0, stats.get("pool_bytes", used) - used))
    return max(1, int(_FRACTION * room) // bytes_per_lane)


def is_exhausted(error: BaseException) -> bool:
    """Whether an error says that the memory of the device, or of the machine, did not suffice."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    # TensorFlow's error has a type of its own, XLA's has only its text.
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "ResourceExhaustedError"
        or "RESOURCE_EXHAUSTED" in str(error)
    )
