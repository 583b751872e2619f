"""Experiments likely to be requested next, which idle workers compile ahead."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.machine import opener
from mnist_lab.store import files, registry

_NAME, _LIMIT = "prefetch.json", 2**18
_EXPERIMENTS = TypeAdapter(tuple[Experiment, ...], config=ConfigDict(defer_build=True))


def publish(runs: Path, experiments: Sequence[Experiment]) -> None:
    """Replace the list of likely experiments, most likely first. In a folder that cannot be written nothing happens."""
    root = registry.root_of(runs)
    with suppress(OSError):
        files.ensure_folder(root)
        files.publish(root / _NAME, _EXPERIMENTS.dump_json(tuple(experiments)))


def version(runs: Path) -> int | None:
    """A number that changes with every :func:`publish`; None where nothing was published."""
    with suppress(OSError):
        return opener.status(registry.root_of(runs) / _NAME).st_mtime_ns
    return None


def read(runs: Path) -> tuple[Experiment, ...]:
    """The experiments published last; none where the file is missing or damaged."""
    with suppress(OSError, ValidationError):
        return _EXPERIMENTS.validate_json(opener.read(registry.root_of(runs) / _NAME, _LIMIT))
    return ()
