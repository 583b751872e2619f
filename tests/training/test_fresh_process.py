"""What only another process can show: its bits, its imports, and how often XLA compiled what it had kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tensorflow

from mnist_lab.data.splits import Split
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.training.engine import Engine
from tests.training.trained import digest, python, train

RUNS = """
import json
import os
from pathlib import Path
from mnist_lab.data import dataset, splits
from mnist_lab.data.splits import Split
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

OTHER_SETTINGS = {"floatx": "float16", "epsilon": 0.01, "image_data_format": "channels_first", "nnx_enabled": True}
"""What a user may have in ``~/.keras/keras.json``; each of them changes what Keras computes, or breaks it."""

WITH_SETTINGS = """
import json, sys
from mnist_lab.data import dataset, splits
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.training.loading import load_engine
from tests.training.trained import digest, train

engine, digits = load_engine(1, sys.argv[1]), dataset.load()
split = splits.split(digits, "report", 256)
split = splits.Split(split.x_train, split.y_train, *[split.x_test[:100], split.y_test[:100]] * 2)
base = DEFAULT.derive(train_size=256, epochs=1, units=8, dropout=0.1)
outcomes = [train(engine, split, base.derive(**changes)) for changes in ({}, {"network": "conv", "filters": (2,)})]
print(json.dumps([[outcome.summary.history, digest(outcome.weights)] for outcome in outcomes]))
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


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_settings_of_keras_in_the_home_of_a_user_change_no_bit(backend: str, tmp_path: Path) -> None:
    def trained(home: Path, **environment: str) -> str:
        cache = str(tmp_path / "cache")
        return python(WITH_SETTINGS, backend, HOME=str(home), MNIST_LAB_CACHE=cache, KERAS_HOME="", **environment)

    for home, settings in (("plain", {}), ("other", OTHER_SETTINGS | {"backend": "torch"})):
        file = tmp_path / home / ".keras" / "keras.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(settings))
    assert trained(tmp_path / "other", KERAS_BACKEND="torch") == trained(tmp_path / "plain")


def test_settings_of_keras_that_are_none_are_an_error_that_names_their_file(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text('{"floatx": "float8"}')
    code = """
from mnist_lab.errors import EngineError
from mnist_lab.training.loading import load_engine
try:
    load_engine()
except EngineError as error:
    print(error)
"""
    said = python(code, KERAS_HOME=str(tmp_path))
    assert said.startswith(f"Keras cannot use its settings in {tmp_path / 'keras.json'}; correct or remove that file.")


def test_on_a_gpu_float32_is_not_tensor_float_32(engine: Engine) -> None:
    assert not tensorflow.config.experimental.tensor_float_32_execution_enabled()
