"""What only another process can show: its bits, its imports, and how often XLA compiled what it had kept."""

from __future__ import annotations

import json
from pathlib import Path

from mnist_lab.data.dataset import Split
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training.engine import Engine
from tests.training.trained import digest, python, train

RUNS = """
import json
import os
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
for entry in Path(os.environ.get("DAMAGED", "/nowhere")).glob("compiled/*/*.pb"):
    entry.write_bytes(b"no code")
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


def test_another_process_has_the_same_bits_compiles_once_and_loses_only_time_by_damaged_code(
    engine: Engine, small: Split, tmp_path: Path
) -> None:
    def trained(**environment: str) -> list[object]:
        return json.loads(python(RUNS, MNIST_LAB_CACHE=str(tmp_path), **environment))  # type: ignore[no-any-return]

    def compiled() -> dict[Path, int]:
        """XLA leaves a file for each compilation in its cache, which tracing counts would not show."""
        return {path: path.stat().st_mtime_ns for path in tmp_path.glob("compiled/*/*.pb")}

    here = train(engine, small, Experiment(epochs=2, units=32, learning_rate=0.01))
    expected = [here.summary.history, digest(here.weights)]
    assert trained() == expected
    first = compiled()
    assert len(first) == 1
    assert trained() == expected
    assert compiled() == first
    assert trained(DAMAGED=str(tmp_path)) == expected
    assert trained() == expected


def test_the_contract_loads_no_backend() -> None:
    python(IMPORTS)
