"""What only another process can show: its bits, its imports, and how often XLA compiled."""

from __future__ import annotations

import json
from pathlib import Path

from mnist_lab.data.dataset import Split
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training.engine import Engine
from tests.training.trained import digest, python, train

RUNS = """
import json
from pathlib import Path
from mnist_lab.data import dataset
from mnist_lab.data.dataset import Split
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training.loading import load_engine
from tests.training.trained import digest, train

digits, engine = dataset.load(), load_engine()
val = digits.x_test[:300], digits.y_test[:300]
split = Split(digits.x_train[:1000], digits.y_train[:1000], *val, *val)
base = Experiment(epochs=2, units=32, learning_rate=0.01)
for seed, seconds in ((1, 0.0), (2, 0.001), (0, 0.25)):
    outcome = train(engine, split, base.derive(seed=seed, learning_rate=0.01 / (seed + 1)), seconds_per_call=seconds)
print(json.dumps([outcome.summary.history, digest(outcome.weights)]))
"""

IMPORTS = """
import sys
import mnist_lab.training.early_stopping, mnist_lab.training.engine
assert "numpy" not in sys.modules
import mnist_lab.training.lanes, mnist_lab.training.loop
assert not {"jax", "keras", "tensorflow"} & set(sys.modules)
"""


def test_another_process_has_the_same_bits_and_compiles_once(engine: Engine, small: Split, tmp_path: Path) -> None:
    history, weights = json.loads(python(RUNS, MNIST_LAB_CACHE=str(tmp_path)))
    here = train(engine, small, Experiment(epochs=2, units=32, learning_rate=0.01))
    assert history == here.summary.history
    assert weights == digest(here.weights)
    # XLA leaves a file for each compilation in its cache, which tracing counts would not show.
    assert len(list(tmp_path.glob("compiled/*/*.pb"))) == 1


def test_the_contract_loads_no_backend() -> None:
    python(IMPORTS)
