"""Keras on JAX: runs of one compile key are trained in one compiled step.

Importing this module imports JAX and Keras.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

# Other processes use the GPU as well.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax

from mnist_lab.training import device_memory, keras_settings

os.environ.update(keras_settings.environment("jax"))

import keras

from mnist_lab.data.splits import Split
from mnist_lab.errors import EngineError
from mnist_lab.experiments.experiment import Experiment
from mnist_lab.machine import cores, hardware
from mnist_lab.training.compile_key import compile_key
from mnist_lab.training.device_data import DeviceData
from mnist_lab.training.jax_lanes import JaxLanes, JaxSession
from mnist_lab.training.jax_program import JaxProgram
from mnist_lab.training.lru_cache import LRUCache

MAX_PROGRAMS = 12
"""Compiled programs kept at a time, as by the TensorFlow engine."""

MAX_LANES = 256
"""Most lanes trained at once, however much memory there is."""


class JaxEngine:
    """The :class:`mnist_lab.training.engine.LanesEngine` of JAX.

    Args:
        threads: Number of CPU threads; None: one per processor.
        cache: Folder of the persistent compilation cache; None: no such cache.

    Raises:
        EngineError: Keras or JAX is in use already with other settings.
    """

    name = "jax"
    _threads: ClassVar[int | None] = None

    def __init__(self, threads: int | None = None, cache: Path | None = None) -> None:
        if keras.backend.backend() != "jax":
            raise EngineError(f"Keras is loaded with {keras.backend.backend()} already; start a process of its own.")
        self._use(threads)
        keras_settings.apply()
        # By default a GPU computes in TensorFloat-32, with a mantissa of 10 bits instead of 23.
        jax.config.update("jax_default_matmul_precision", "highest")
        if cache is not None:
            jax.config.update("jax_compilation_cache_dir", str(cache))
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        self._device = jax.devices()[0]
        # A copy, since JAX would go on reading the file that the images may be mapped from.
        self._data = DeviceData(lambda array: jax.device_put(array.copy()))
        self._programs: LRUCache[JaxProgram] = LRUCache(MAX_PROGRAMS)

    @property
    def on_gpu(self) -> bool:
        return bool(self._device.platform != "cpu")

    def open(self, experiment: Experiment, split: Split) -> JaxSession:
        return JaxSession(self._program(experiment, split), experiment)

    def open_lanes(self, experiments: Sequence[Experiment], split: Split) -> JaxLanes:
        return JaxLanes(self._program(experiments[0], split), experiments)

    def lanes_that_fit(self, experiment: Experiment, split: Split) -> int:
        if not self.on_gpu:
            # On a CPU lanes are no faster than one after another, and other workers use the other processors.
            return 1
        need = self._program(experiment, split).bytes_per_lane
        free = hardware.gpu_memory_free(self._device.local_hardware_id or 0)
        return min(device_memory.lanes_within(self._device.memory_stats(), free, need), MAX_LANES)

    def environment(self) -> dict[str, Any]:
        return {
            "keras": keras.__version__,
            "backend": "jax",
            "backend_version": jax.__version__,
            "engine": self.name,
            "threads": JaxEngine._threads,
            "device": hardware.processor() if not self.on_gpu else self._device.device_kind,
        }

    def _program(self, experiment: Experiment, split: Split) -> JaxProgram:
        subsets = self._data.subsets(split)
        key = compile_key(experiment), *(subset.digest for subset in subsets)
        return self._programs.get(key, lambda: JaxProgram(experiment, subsets))

    @classmethod
    def _use(cls, threads: int | None) -> None:
        """Set the number of threads, which JAX reads once per process, when it first computes."""
        if cls._threads is None:
            threads = threads or cores.thread_limit()
            if threads is not None:
                os.environ["PJRT_NPROC"] = str(threads)
            cls._threads = threads or len(cores.affinity())
        elif threads not in (None, cls._threads):
            raise EngineError("JAX is in use already; its threads are set at the start.")
