"""Loading of a training backend by name."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from mnist_lab.errors import EngineError
from mnist_lab.training import keras_settings

if TYPE_CHECKING:
    from pathlib import Path

    from mnist_lab.experiments.record import Backend
    from mnist_lab.training.engine import Engine

_ADVICE: dict[Backend, str] = {
    "tensorflow": "TensorFlow cannot be used here; install mnist-lab again.",
    "jax": "JAX cannot be used here; install mnist-lab with its extra `jax`, as in `pip install 'mnist-lab[jax]'`.",
}


def check_installed(backend: Backend) -> None:
    """Look whether a backend is installed, without importing it.

    Raises:
        EngineError: It is not.
    """
    if find_spec(backend) is None:
        raise EngineError(_ADVICE[backend])


def load_engine(threads: int | None = None, backend: Backend = "tensorflow", cache: Path | None = None) -> Engine:
    """Import a backend and return its engine; the import takes seconds and half a gigabyte of memory.

    Args:
        threads: Number of CPU threads; None: the backend's default. Only the first call in a process can set it.
        backend: Keras's backend; a process has one.
        cache: Folder of JAX's persistent compilation cache; None: no such cache.

    Returns:
        The engine; with JAX, a :class:`mnist_lab.training.engine.LanesEngine`.

    Raises:
        EngineError: The backend is missing or broken, or Keras runs on another one already.

    Example:
        >>> engine = load_engine(threads=1)
        >>> engine.name
        'tensorflow'
    """
    try:
        if backend == "jax":
            from mnist_lab.training.jax_engine import JaxEngine

            return JaxEngine(threads, cache)
        from mnist_lab.training.tensorflow_engine import TensorFlowEngine

        return TensorFlowEngine(threads)
    except EngineError:
        raise
    except Exception as error:
        # Broken native libraries raise errors of many types.
        advice = _ADVICE[backend]
        if "` configuration" in str(error):  # as Keras complains of its file
            advice = f"Keras cannot use its settings in {keras_settings.file()}; correct or remove that file."
        raise EngineError(f"{advice} The error: {error}") from error
