"""Real trainings while workers, their guards and watchers are killed at random."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from contextlib import suppress

import psutil

from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.plan import from_experiment
from mnist_lab.runs import requests
from tests.commands.lab import SCRIPT, Lab
from tests.torture.tally import Tally


def trial(lab: Lab, *, runs: int, kills: int, seed: int) -> Tally:
    """Ask for runs, watch them with two watchers, and kill random processes of the folder meanwhile.

    Each run must end once: with its record, or as died where its worker was killed.

    Args:
        lab: An empty folder.
        runs: How many are asked for.
        kills: How many processes are killed.
        seed: Of the choice of victims and moments.
    """
    tally = Tally(f"{runs} real runs under {kills} kills of workers, guards and watchers")
    draw = random.Random(seed)
    lab.store.prepare()
    experiment = DEFAULT.derive(train_size=2560, epochs=1)
    asked = [
        requests.ask(lab.store, from_experiment(experiment.derive(seed=number)), threads=1).id for number in range(runs)
    ]

    def watcher() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [SCRIPT, "runs", "watch", *asked],
            env=lab.environment,
            cwd=lab.runs.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    watchers = [watcher(), watcher()]
    deadline = time.monotonic() + 60 + 10 * kills + 2 * runs
    next_kill, left = time.monotonic() + 8, kills
    finished: dict[str, bytes] = {}
    try:
        while time.monotonic() < deadline:
            found = {run.id: run for run in lab.store.runs()}
            for run_id, run in found.items():
                if run.status == "finished":
                    finished.setdefault(run_id, (lab.store.folder(run_id) / "run.json").read_bytes())
            if left <= 0 and all(run.ended for run in found.values()):
                break
            if left > 0 and time.monotonic() >= next_kill:
                _kill_one(lab, draw)
                left -= 1
                next_kill = time.monotonic() + draw.uniform(1, 8)
            watchers = [one if one.poll() is None else watcher() for one in watchers]
            time.sleep(0.2)
    finally:
        for one in watchers:
            one.kill()
            one.wait()
        lab.close()
    found = {run.id: run for run in lab.store.runs()}
    for run_id in asked:
        status = found[run_id].status if run_id in found else "gone"
        problem = "" if status in ("finished", "died") else f"{run_id} is {status}"
        if run_id in finished and (lab.store.folder(run_id) / "run.json").read_bytes() != finished[run_id]:
            problem = f"{run_id} had finished, and its record has changed"
        tally.tried(problem)
    died = sum(run.status == "died" for run in found.values())
    if died > kills:
        tally.failures.append(f"{died} runs died of {kills} kills")
    return tally.ended()


def _kill_one(lab: Lab, draw: random.Random) -> None:
    ours = []
    for process in psutil.process_iter(["environ", "status"]):
        known = process.info
        if known["environ"] and known["environ"].get("MNIST_LAB_RUNS") == str(lab.runs):
            ours.append(process.pid)
    if ours:
        with suppress(ProcessLookupError):
            os.kill(draw.choice(sorted(ours)), signal.SIGKILL)
