"""The command ``mnist-lab`` with trainings that compute nothing: ``python -m benchmarks.parts.stub_worker worker ...``.

A training takes a tenth of a second for each epoch but the first, unless it is told to stop. Everything else is as in
the lab: queue, leases, journals, records, and the workers that are started from here train so too.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from mnist_lab import cli
from mnist_lab.experiments.record import TrainingSummary
from mnist_lab.training.outcome import Outcome
from mnist_lab.workers import execution, pool
from mnist_lab.workers.control import ControlFlags
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.run_writer import RunWriter

COMMAND = (sys.executable, "-m", "benchmarks.parts.stub_worker")

_EPOCH_SECONDS, _POLL_SECONDS = 0.1, 0.02


def train(writer: RunWriter, cache: EngineCache, flags: ControlFlags) -> Outcome:
    """In place of :func:`mnist_lab.workers.execution.train`."""
    ends_at = time.monotonic() + _EPOCH_SECONDS * (writer.request.experiment.epochs - 1)
    stopped = False
    while time.monotonic() < ends_at and not stopped:
        time.sleep(_POLL_SECONDS)
        stopped = flags.stop()
    summary = TrainingSummary.of_epochs("stopped" if stopped else "finished", "")
    return Outcome(summary, {}, np.empty((0, 10), np.float16), np.empty(0, np.uint8))


def main() -> None:
    """Run the command line."""
    execution.train = train
    pool.WORKER_COMMAND = COMMAND
    cli.main()


if __name__ == "__main__":
    main()
