"""Two hosts at one runs folder: what becomes of a run whose host falls silent, is given up, and comes back.

The hosts are namespaces of this machine: each has its own name, processes, boot and machine id, and file locks that the
other does not see, as on a network file system.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import from_experiment
from mnist_lab.runs.requests import ask
from tests.commands.lab import Lab, eventually
from tests.processes import BREAK_LOCKS

HOST = """
hostname "$1"
echo "boot of $1" > "$2"
mount --bind "$2" /proc/sys/kernel/random/boot_id
shift 2
exec "$@"
"""

MACHINE = (
    BREAK_LOCKS
    + """
import socket, sys
from mnist_lab.store import owners
set_locks("missing")
owners.machine = lambda: socket.gethostname().ljust(32, "0")
from mnist_lab.cli import main
main()
"""
)

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(own_lab: Lab, tmp_path: Path) -> Iterator[Start]:
    """Starts commands of the lab on hosts, and ends what is left of them."""
    started: list[subprocess.Popen[bytes]] = []

    def on(host: str, *arguments: object) -> subprocess.Popen[bytes]:
        boot = tmp_path / f"boot-{len(started)}"
        namespaces = ["unshare", "-u", "-p", "-m", "-f", "--mount-proc", "--kill-child", "sh", "-ec", HOST, "sh", host]
        command = [*namespaces, str(boot), sys.executable, "-c", MACHINE, *map(str, arguments)]
        process = subprocess.Popen(
            command,
            env=own_lab.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        started.append(process)
        return process

    yield on
    for process in started:
        process.kill()
        process.communicate()


def everything(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to all that runs on a host."""
    for child in psutil.Process(process.pid).children(recursive=True):
        child.send_signal(number)


@pytest.mark.needs("hosts")
def test_a_host_that_comes_back_after_its_run_was_given_up_and_trained_elsewhere_is_refused(
    own_lab: Lab, start: Start
) -> None:
    own_lab.runs.mkdir()
    lab, store = own_lab, own_lab.store
    run_id = ask(store, from_experiment(DEFAULT.derive(train_size=2560, epochs=60)), threads=1).id
    lost = start("alpha", "worker", "--threads", 1, "--idle", 5)
    lab.wait_for_epochs(run_id, 2)
    everything(lost, signal.SIGSTOP)
    claim = store.folder(run_id) / "claim"
    assert json.loads((claim / "owner.json").read_text())["host"] == "alpha"
    run = lab.run_of(run_id)
    assert (run.status, run.elsewhere) == ("running", True)
    assert "which reported" in lab.refused("runs", "give-up", run_id, code=2)

    an_hour_ago = time.time() - 3600
    os.utime(claim / "heartbeat", (an_hour_ago, an_hour_ago))
    assert lab.run_of(run_id).silent_since is not None
    other = start("beta", "worker", "--threads", 1, "--idle", 0, "--lost-after", "10m")
    said = other.communicate(timeout=120)[0].decode()
    assert other.returncode == 0, said
    assert f"Gave up {run_id} of a silent host." in said
    assert f"{run_id} finished after 60 epochs" in said
    record = store.record(run_id)
    assert (record.status, record.environment.host) == ("finished", "beta")
    kept = contents(store.folder(run_id))
    assert {"run.json", "weights.npz", "predictions.npz"} <= kept.keys()

    everything(lost, signal.SIGCONT)
    said = lost.communicate(timeout=120)[0].decode()
    assert f"{run_id} was given up and is another worker's; nothing of it was saved." in said
    assert lost.returncode == 0, said
    lab.wait(run_id, "finished")
    after = contents(store.folder(run_id))
    assert {name: after.get(name) for name in kept if not name.startswith("lost-")} == {
        name: content for name, content in kept.items() if not name.startswith("lost-")
    }
    assert [run.id for run in store.runs()] == [run_id]
    assert eventually(lambda: not list(store.folder(run_id).glob(".*")))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
