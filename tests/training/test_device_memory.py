"""How many lanes fit into the memory of a device, and which errors say that it was too little."""

from __future__ import annotations

import errno

import pytest

from mnist_lab.errors import StoreError
from mnist_lab.training.device_memory import is_exhausted, lanes_within

GB = 10**9
JAX = {"bytes_limit": 60 * GB, "bytes_in_use": 10 * GB}


@pytest.mark.parametrize(
    ("stats", "free", "lanes"),
    [
        (JAX, None, 30),  # of 50 GB within JAX's own limit
        (JAX, 70 * GB, 30),
        (JAX, 5 * GB, 3),  # others use the device
        (JAX | {"pool_bytes": 20 * GB}, 5 * GB, 9),  # 10 GB of what is in use were taken for later
        (JAX, 0, 1),
    ],
)
def test_lanes_are_sized_by_what_all_processes_together_leave(
    stats: dict[str, int], free: int | None, lanes: int
) -> None:
    assert lanes_within(stats, free, bytes_per_lane=GB) == lanes


class JaxRuntimeError(RuntimeError):
    pass


class ResourceExhaustedError(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes."), True),
        (ResourceExhaustedError("OOM when allocating tensor with shape[9,9]"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (JaxRuntimeError("INTERNAL: something else"), False),
        (StoreError("The disk is full."), False),
    ],
)
def test_errors_of_too_little_memory_are_known(error: Exception, expected: bool) -> None:
    assert is_exhausted(error) is expected
