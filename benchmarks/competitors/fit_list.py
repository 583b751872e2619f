"""Several trainings with stock Keras ``fit``, one after another in one process, a JSON line for each.

Its argument is a JSON list of experiments. A first, empty object is printed once the imports are done.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from benchmarks.competitors import stock_keras
from mnist_lab.data import dataset, splits
from mnist_lab.experiments.experiment import Experiment


def main() -> None:
    print(json.dumps({}), flush=True)
    for fields in json.loads(sys.argv[-1]):
        since = time.perf_counter()
        history = _fit(Experiment.model_validate(fields))
        result = {
            "seconds": time.perf_counter() - since,
            "epochs_run": len(history["loss"]),
            "val_accuracy": history["val_accuracy"][-1],
        }
        print(json.dumps(result), flush=True)


def _fit(experiment: Experiment) -> dict[str, list[Any]]:
    split = splits.split(dataset.load(), "report", experiment.train_size)
    fitted = stock_keras.compiled_model(experiment).fit(
        stock_keras.scaled(split.x_train, experiment),
        split.y_train,
        batch_size=experiment.batch_size,
        epochs=experiment.epochs,
        validation_data=(stock_keras.scaled(split.x_val, experiment), split.y_val),
        callbacks=stock_keras.early_stopping(experiment),
        verbose=0,
    )
    return fitted.history  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
