from __future__ import annotations

import math

from mnist_lab.training.chunk_size import ChunkSizer


def test_calls_grow_from_one_step_to_the_target_duration() -> None:
    sizer = ChunkSizer(0.25)
    sizes = []
    for _ in range(6):
        sizes.append(sizer.next(100_000))
        sizer.record(sizes[-1], sizes[-1] * 0.001)
    assert sizes[0] == 1
    assert sizes == sorted(sizes)
    assert 245 <= sizes[-1] <= 250


def test_the_rest_of_an_epoch_is_divided_evenly() -> None:
    sizer = ChunkSizer(0.25)
    sizer.record(1000, 0.6)
    assert sizer.next(469) == 235
    assert sizer.next(234) == 234


def test_a_step_slower_than_a_call_is_still_done() -> None:
    sizer = ChunkSizer(0.25)
    sizer.record(1, 9.0)
    assert sizer.next(100) == 1


def test_the_ends_of_the_range() -> None:
    for seconds, steps in ((0.0, 1), (math.inf, 469)):
        sizer = ChunkSizer(seconds)
        sizer.record(1, 0.0)
        assert sizer.next(469) == steps
