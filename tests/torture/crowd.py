"""Many processes that ask for runs and serve them at once, some of which are killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from mnist_lab.store import Store
from tests.torture.tally import Tally

_ASK = """
import sys
from pathlib import Path
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import from_experiment
from mnist_lab.runs import requests
from mnist_lab.store import Store
store = Store(Path(sys.argv[1]))
for seed in range(int(sys.argv[2])):
    requests.ask(store, from_experiment(DEFAULT.derive(seed=seed)))
    print(seed, flush=True)
"""

_SERVE = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from mnist_lab.experiments.record import Environment, Record, TrainingSummary
from mnist_lab.store import Store, leases, registry, run_queue
store, log, queue = Store(Path(sys.argv[1])), open(sys.argv[2], "a"), None
queue = run_queue.Queue(store)
print("ready", flush=True)
while True:
    for run in queue.waiting():
        try:
            lease = leases.take(store.folder(run.id))
        except OSError:
            continue
        if lease is None:
            continue
        if store.has_record(run.id) is not False:
            lease.release()
            continue
        now = datetime.now(UTC)
        summary = TrainingSummary.of_epochs("stopped", "a stub of a training")
        environment = Environment(mnist_lab="0", python="3")
        store.publish(Record.of(run.request, summary, started_at=now, finished_at=now, environment=environment))
        log.write(run.id + "\\n"); log.flush()
        lease.release(remove_lock=True)
    time.sleep(0.02)
"""


def trial(scratch: Path, *, processes: int, runs: int, kills: int, seed: int) -> Tally:
    """Half of some processes ask for runs and half serve them; servers are killed at random and replaced.

    Args:
        scratch: Where the folder is made.
        processes: How many.
        runs: How many runs are asked for.
        kills: How many servers are killed while they serve.
        seed: Of the choice of victims.
    """
    tally = Tally(f"{processes} processes ask for and serve {runs} runs under {kills} kills: lost, or twice")
    draw = random.Random(seed)
    store = Store(scratch / "crowd")
    store.prepare()
    logs = scratch / "crowd-logs"
    logs.mkdir()
    askers = [
        subprocess.Popen([sys.executable, "-c", _ASK, str(store.root), str(count)], stdout=subprocess.DEVNULL)
        for count in _shares(runs, processes - processes // 2)
    ]
    started = 0

    def serve() -> subprocess.Popen[bytes]:
        nonlocal started
        started += 1
        return subprocess.Popen(
            [sys.executable, "-c", _SERVE, str(store.root), str(logs / str(started))], stdout=subprocess.DEVNULL
        )

    servers = [serve() for _ in range(processes // 2)]
    deadline = time.monotonic() + 600
    try:
        for _ in range(kills):
            time.sleep(draw.uniform(0.05, 0.3))
            victim = draw.randrange(len(servers))
            servers[victim].send_signal(signal.SIGKILL)
            servers[victim].wait()
            servers[victim] = serve()
        for asker in askers:
            asker.wait(timeout=600)
        while any(not run.ended for run in store.runs()) and time.monotonic() < deadline:
            time.sleep(0.5)
    finally:
        for process in (*askers, *servers):
            process.kill()
            process.wait()
    published = Counter(line for log in logs.iterdir() for line in log.read_text().split())
    found = store.runs()
    if len(found) != runs:
        tally.failures.append(f"{len(found)} of {runs} runs are there")
    for run in found:
        if run.status not in ("stopped", "died"):
            tally.tried(f"{run.id} is {run.status}")
        elif run.status == "died" and published[run.id]:
            tally.tried(f"{run.id} was published and is called dead")
        else:
            tally.tried(f"{run.id} was served twice" if published[run.id] > 1 else "")
    return tally.ended()


def _shares(total: int, parts: int) -> list[int]:
    return [total // parts + (part < total % parts) for part in range(parts)]
