"""What someone at a screen is about to ask for, so that a worker with nothing to do can get ready for it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.store import files, registry

_NAME = "outlook.json"
_EXPERIMENTS = TypeAdapter(tuple[Experiment, ...], config=ConfigDict(defer_build=True))


def publish(runs: Path, experiments: Sequence[Experiment]) -> None:
    """Say what may be asked for next, most likely first. A folder that cannot be written loses it, nothing worse."""
    root = registry.root_of(runs)
    with suppress(OSError):
        if not root.is_dir():
            with suppress(FileExistsError):
                files.make_folder(root)
        files.publish(root / _NAME, _EXPERIMENTS.dump_json(tuple(experiments)))


def stamp(runs: Path) -> int | None:
    """Changes with every outlook; None where there is none."""
    with suppress(OSError):
        return (registry.root_of(runs) / _NAME).stat().st_mtime_ns
    return None


def read(runs: Path) -> tuple[Experiment, ...]:
    """The experiments of the outlook; none where it is missing or damaged."""
    with suppress(OSError, ValidationError):
        return _EXPERIMENTS.validate_json((registry.root_of(runs) / _NAME).read_bytes())
    return ()
