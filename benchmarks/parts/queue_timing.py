"""Times what waiting runs cost, in a process of its own: ``python -m benchmarks.parts.queue_timing FOLDER SECONDS``.

It prints one JSON object; for a ``worker`` and a ``frontend`` each, ``rest``: the share of a core that its looks take
while nothing changes, in percent, and ``change``: milliseconds of processor time until each of some changes is known.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mnist_lab.runs.library import Library
from mnist_lab.store import Run, Store
from mnist_lab.store.run_queue import Queue
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.pool import WorkerPool

_WORKER_SECONDS, _FRONTEND_SECONDS = 0.1, 0.05
"""Between two looks of a worker's loop and of the screen."""
_SETTLE_SECONDS = 25.0
"""How long recent changes are looked at more closely."""
_CHANGES = 5
_LIMIT_SECONDS = 60.0


def main(folder: str, seconds: str) -> None:
    """Measure, and print the result."""
    store = Store.locate(Path(folder))
    queue, library, pool = Queue(store), Library(store), WorkerPool(store, Placement(workers=0))

    def frontend() -> None:
        library.refresh()
        pool.ensure()

    waiting: list[Run] = []

    def worker() -> None:
        waiting[:] = queue.waiting()

    looks = {
        "worker": (worker, _WORKER_SECONDS, lambda run_id: any(run.id == run_id for run in waiting)),
        "frontend": (frontend, _FRONTEND_SECONDS, lambda run_id: library.views[run_id].status == "queued"),
    }
    print(json.dumps({name: _times(store, *look, float(seconds)) for name, look in looks.items()}))


def _times(
    store: Store, look: Callable[[], object], interval: float, waits: Callable[[str], bool], seconds: float
) -> dict[str, object]:
    _keep_looking(look, interval, _SETTLE_SECONDS)
    rest = _keep_looking(look, interval, seconds)
    ids = store.ids()
    changes = []
    for run_id in ids[:: max(1, len(ids) // _CHANGES)]:
        store.set_flag(run_id, "pause")
        spent, since = 0.0, time.monotonic()
        while waits(run_id):
            if time.monotonic() - since > _LIMIT_SECONDS:
                raise TimeoutError(f"{run_id} is not seen to be paused")
            began = time.process_time()
            look()
            spent = time.process_time() - began  # of the look that finds it
            time.sleep(interval)
        changes.append(1e3 * spent)
        store.clear_flag(run_id, "pause")
    return {"rest": 100 * rest, "change": changes}


def _keep_looking(look: Callable[[], object], interval: float, seconds: float) -> float:
    """Look again and again. Returns the share of a core that it takes."""
    began, since = time.process_time(), time.monotonic()
    while time.monotonic() - since < seconds:
        look()
        time.sleep(interval)
    return (time.process_time() - began) / (time.monotonic() - since)


if __name__ == "__main__":
    main(*sys.argv[1:])
