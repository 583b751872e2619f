"""What the open lab spends on its saved runs, measured in a process of its own: ``python -m benchmarks.reading``.

Takes a runs folder and how often to look at it again; each time another run has been saved before. Prints one JSON
object: seconds to read all of them and to put them side by side, ``first`` and ``again``, and megabytes of memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from benchmarks import saved
from mnist_lab.analysis.tables.run_table import Query, RunTable
from mnist_lab.runs.library import Library
from mnist_lab.store import Store

_MEGABYTE = 1e6 if sys.platform == "darwin" else 1e3
"""In the unit in which the system tells how much memory a process had at most."""


def main(folder: str, times: str) -> None:
    """Measure, and print what came of it."""
    store = Store.locate(Path(folder))
    library, table = Library(store), RunTable()
    listing, comparing = [], []
    for look in range(1 + int(times)):
        if look:
            saved.publish(store)
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
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
