"""Cache of a worker between runs: the backend with everything it has compiled, and the images last used."""

from __future__ import annotations

from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_lab.errors import DataError
from mnist_lab.experiments.experiment import MNIST_CHECKSUM, Experiment
from mnist_lab.experiments.record import Backend

if TYPE_CHECKING:
    from mnist_lab.data.splits import Split
    from mnist_lab.training.engine import Engine


class EngineCache:
    """The backend and the last split of the images, loaded at their first use and kept from then on.

    Args:
        backend: What Keras is to run on.
        threads: CPU threads to compute with; None: as many as the backend likes.
    """

    def __init__(self, backend: Backend = "tensorflow", threads: int | None = None) -> None:
        self._backend = backend
        self._threads = threads
        self._engine: Engine | None = None
        self._splits: dict[tuple[Any, ...], Split] = {}

    @property
    def warm(self) -> bool:
        return self._engine is not None

    @property
    def device(self) -> str:
        return "" if self._engine is None else str(self._engine.environment()["device"])

    def engine(self) -> Engine:
        """The backend, imported at the first call (seconds).

        Raises:
            EngineError: It cannot be loaded.
        """
        if self._engine is None:
            from mnist_lab.training import compile_cache
            from mnist_lab.training.loading import load_engine

            # TensorFlow must be configured before it is imported.
            version = ""
            if self._backend != "tensorflow":
                with suppress(metadata.PackageNotFoundError):  # loading it says what to do
                    version = metadata.version(self._backend)
            cache = compile_cache.prepare(f"{self._backend}-{version}") if version else None
            self._engine = load_engine(self._threads, self._backend, cache)
        return self._engine

    def split(self, experiment: Experiment, data_file: str | None) -> Split:
        """The images of an experiment.

        Raises:
            DataError: They are missing or damaged.
            UsageError: There are fewer than the experiment asks for.
        """
        from mnist_lab.data import dataset, splits

        key = (experiment.data, experiment.protocol, experiment.train_size, experiment.permute_pixels)
        if key not in self._splits:
            if data_file is None and experiment.data != MNIST_CHECKSUM:
                raise DataError(
                    f"The images {experiment.data[:12]} are not the lab's own; name their file with --data."
                )
            digits = dataset.load(experiment.data, None if data_file is None else Path(data_file))
            self._splits = {key: splits.split(digits, *key[1:])}
        return self._splits[key]
