"""What several of the tests of training need."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from mnist_lab.data.splits import Split
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training.engine import Engine, Weights
from mnist_lab.training.loop import Training
from mnist_lab.training.outcome import Outcome

WHOLE_EPOCHS = math.inf
SINGLE_STEPS = 0.0


def train(engine: Engine, split: Split, experiment: Experiment, **options: Any) -> Outcome:
    training = Training(experiment, split, engine, **options)
    for _ in training.events():
        pass
    return training.outcome


def digest(weights: Weights) -> str:
    return hashlib.sha256(b"".join(name.encode() + array.tobytes() for name, array in weights.items())).hexdigest()


def same_weights(one: Weights, other: Weights) -> bool:
    return digest(one) == digest(other)


def python(code: str, *arguments: str, **environment: str) -> str:
    """What a program prints in a process of its own, which must succeed. An empty variable is not set."""
    root = Path(__file__).parents[2]
    paths = [str(root), str(root / "src"), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | environment
    environment = {name: value for name, value in environment.items() if value}
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, timeout=500
    )
    assert run.returncode == 0, run.stderr
    return run.stdout
