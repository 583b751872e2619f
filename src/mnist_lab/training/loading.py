"""Loads a training backend: the one module that knows every engine by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mnist_lab.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

    from mnist_lab.experiments.record import Backend
    from mnist_lab.training.engine import Engine

_ADVICE: dict[Backend, str] = {
    "tensorflow": "TensorFlow cannot be used here; install mnist-lab again.",
    "jax": "JAX cannot be used here; install mnist-lab with its extra `jax`, as in `pip install 'mnist-lab[jax]'`.",
}


def load_engine(threads: int | None = None, backend: Backend = "tensorflow", cache: Path | None = None) -> Engine:
    """Import a backend and return its engine; the import takes seconds and half a gigabyte.

    Args:
        threads: CPU threads to compute with; None: as many as the backend chooses. Only the first call in a process
            can choose.
        backend: What Keras is to run on; a process has one.
        cache: A folder where JAX keeps what it compiled.

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
        # A native library that is broken fails in ways of its own.
        raise EngineError(f"{_ADVICE[backend]} It said: {error}") from error
