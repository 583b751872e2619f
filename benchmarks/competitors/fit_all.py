"""Several trainings with stock Keras ``fit``, one after another in one process, each told of by a JSON line.

Its argument is a JSON list of experiments. A first line says that imports and images are there.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from benchmarks.competitors import stock
from mnist_lab.data import dataset
from mnist_lab.experiments.experiment import Experiment


def main() -> None:
    print(json.dumps({}), flush=True)
    for told in json.loads(sys.argv[-1]):
        since = time.perf_counter()
        history = _fit(Experiment.model_validate(told))
        seconds = time.perf_counter() - since
        print(
            json.dumps(
                {"seconds": seconds, "epochs_run": len(history["loss"]), "val_accuracy": history["val_accuracy"][-1]}
            ),
            flush=True,
        )


def _fit(experiment: Experiment) -> dict[str, list[Any]]:
    split = dataset.split(dataset.load(), "report", experiment.train_size)
    fitted = stock.compiled(experiment).fit(
        stock.scaled(split.x_train, experiment),
        split.y_train,
        batch_size=experiment.batch_size,
        epochs=experiment.epochs,
        validation_data=(stock.scaled(split.x_val, experiment), split.y_val),
        callbacks=stock.early_stopping(experiment),
        verbose=0,
    )
    return fitted.history  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
