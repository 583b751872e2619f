"""Products of two large float32 matrices with NumPy, each reported like an epoch: the machine's own rate."""

from __future__ import annotations

import numpy as np

from benchmarks.competitors.workload import EpochClock, Workload

SIDE = 2048
FLOP = 2 * SIDE**3
"""Floating-point operations of one product."""


def main() -> None:
    left, right = (np.random.default_rng(seed).random((SIDE, SIDE), np.float32) for seed in (0, 1))
    product = np.empty_like(left)
    clock, last = EpochClock(Workload.from_argument()), False
    while not last:
        np.matmul(left, right, out=product)
        last = clock.epoch_ended(0.0)


if __name__ == "__main__":
    main()
