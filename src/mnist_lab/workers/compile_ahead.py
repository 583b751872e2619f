"""Compiling ahead: while nothing waits, the shapes that someone at a screen is about to ask for."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.machine.native_output import redirected
from mnist_lab.store import Store, prefetch
from mnist_lab.workers.engine_cache import EngineCache


class CompileAhead:
    """The prefetched experiments (:mod:`mnist_lab.store.prefetch`) still to be compiled, one shape after another."""

    def __init__(self, store: Store, cache: EngineCache) -> None:
        self._root = store.root
        self._cache = cache
        self._version: int | None = None
        self._left: list[Experiment] = []

    def next(self) -> Experiment | None:
        """An experiment whose shape is to be compiled now."""
        version = prefetch.version(self._root)
        if version != self._version:
            self._version = version
            self._left = list(prefetch.read(self._root))
        return self._left.pop(0) if self._left else None

    def carry_out(self, experiment: Experiment) -> None:
        """Compile its shape, where that has not been done."""
        # Whatever goes wrong will go wrong again, and be reported, when it is trained.
        with Path(os.devnull).open("w") as nowhere, redirected(nowhere.fileno()), suppress(Exception):
            session = self._cache.engine().open(experiment, self._cache.split(experiment, None))
            if not session.compiled:
                session.compile()
