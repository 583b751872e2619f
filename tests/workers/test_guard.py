"""The supervisor of a worker restarts it after errors as after kills, a few times, and says so once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from mnist_lab.store import Store
from tests.factories import make_request
from tests.processes import Helper, output_of

SCRIPT = """
import json, os, signal, sys, time
from mnist_lab.workers import guard
guard._DELAY_SECONDS = 0.001
guard._LOOK_SECONDS = 0.05
how, ends_well_at = sys.argv[1], int(sys.argv[2])
looked, said = [], []
children = 0
real = os.fork
def fork():
    global children
    children += 1
    return real()
os.fork = fork
code = guard.supervise(lambda: True, looked.append, said.append)
if code is None:
    time.sleep(0.2)
    if children == ends_well_at:
        os._exit(0)
    if how == "error":
        os._exit(guard.CRASHED)
    os.kill(os.getpid(), getattr(signal, how))
print(json.dumps({"code": code, "children": children, "looked": len(set(looked)), "said": said}))
"""


def supervise(how: str, ends_well_at: int) -> dict[str, Any]:
    found = json.loads(output_of(SCRIPT, how, ends_well_at))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("how", ["error", "SIGKILL"])
def test_a_worker_that_fails_or_is_killed_is_started_again_and_that_is_said_once(how: str) -> None:
    found = supervise(how, 3)
    assert (found["code"], found["children"]) == (0, 3)
    assert len(found["said"]) == 1
    assert "ended by" in found["said"][0]
    assert found["looked"] == 3, "the queue is looked after while each works"


@pytest.mark.parametrize("how", ["error", "SIGKILL"])
def test_a_worker_that_always_fails_is_given_up(how: str) -> None:
    found = supervise(how, 0)
    assert (found["code"], found["children"]) == (70, 5)
    assert "5 times in a row; it is not started again" in found["said"][-1]


def test_what_is_sent_to_the_supervisor_reaches_the_worker() -> None:
    script = (
        "import signal, sys, time\n"
        "from mnist_lab.workers import guard\n"
        "code = guard.supervise(lambda: True, lambda child: None, print)\n"
        "if code is None:\n"
        "    def leave(*_):\n"
        "        sys.exit(0)\n"
        "    signal.signal(signal.SIGTERM, leave)\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(60)\n"
        "sys.exit(code)\n"
    )
    helper = Helper(script)
    assert helper.hear() == "ready"
    os.kill(helper.pid, signal.SIGTERM)
    assert helper.process.wait(30) == 0
    helper.close()


FAILS_ONCE = """
import sys
from pathlib import Path
from mnist_lab import cli
from mnist_lab.workers import guard, service
guard._DELAY_SECONDS = 0.001
failed = Path(sys.argv[1]) / "failed"
def serve(*_, **__):
    if failed.exists():
        return False
    failed.touch()
    raise RuntimeError("a bug")
service.serve = serve
sys.argv = ["mnist-lab", "worker", "--runs", sys.argv[1], "--only", "1"]
cli.main()
"""


def test_a_bug_in_a_worker_ends_one_process_and_not_the_queue(store: Store) -> None:
    store.request(make_request(threads=1))
    done = subprocess.run(
        [sys.executable, "-c", FAILS_ONCE, str(store.root)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("RuntimeError: a bug") == 1
    assert done.stderr.count("The worker was ended by an error, which its log shows.") == 1
