"""Times how the open lab reads its saved runs, in a process of its own: ``python -m benchmarks.parts.library_timing``.

Its arguments are a runs folder and how often to refresh; before each refresh another run is saved. It prints one JSON
object: for ``list`` and ``compare``, seconds of the ``first`` time and of each time ``again``; ``memory`` in megabytes.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.parts import synthetic_runs
from mnist_lab.analysis.tables.query import Query
from mnist_lab.analysis.tables.run_table import RunTable
from mnist_lab.runs.library import Library
from mnist_lab.store import Store

_PER_MEGABYTE = 1e6 if sys.platform == "darwin" else 1e3
"""``ru_maxrss`` is in bytes on macOS, in kilobytes elsewhere."""


def main(folder: str, times: str) -> None:
    """Measure, and print the result."""
    store = Store.locate(Path(folder))
    library, table = Library(store), RunTable()
    listing, comparing = [], []
    for number in range(1 + int(times)):
        if number:
            synthetic_runs.publish(store)
        since = time.perf_counter()
        library.refresh()
        listed = time.perf_counter()
        table.update(view.record for view in library.views.values() if view.record is not None)
        table.select(Query())
        listing.append(listed - since)
        comparing.append(time.perf_counter() - since)
    print(
        json.dumps(
            {
                "list": {"first": listing[0], "again": listing[1:]},
                "compare": {"first": comparing[0], "again": comparing[1:]},
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _PER_MEGABYTE,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
