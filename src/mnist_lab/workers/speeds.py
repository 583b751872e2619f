"""Measured speeds of this machine (:mod:`mnist_lab.workers.calibration`), kept in the user's cache."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_lab.machine import hardware, opener
from mnist_lab.machine.cache import user_cache
from mnist_lab.store import files

_LIMIT = 2**20


class Speeds(BaseModel):
    """Seconds per epoch by network and threads, with as many workers at a time as there is room for.

    Attributes:
        machine: Which machine they hold for, as :func:`mnist_lab.machine.hardware.name` names it.
        seconds: ``seconds["dense"][2]`` is the time of an epoch of the dense network with two threads.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    machine: str
    seconds: Mapping[str, Mapping[int, float]]

    @classmethod
    def load(cls) -> Self | None:
        """The speeds measured on this machine; None where there are none, or the file is damaged."""
        with suppress(OSError, ValidationError):
            speeds = cls.model_validate_json(opener.read(_file(), _LIMIT))
            if speeds.machine == hardware.name():
                return speeds
        return None

    def save(self) -> None:
        """Keep them for every lab of this user. Where the cache cannot be written, they are measured again."""
        file = _file()
        with suppress(OSError):
            opener.make_private_folder(file.parent)
            files.publish(file, self.model_dump_json().encode())


def _file() -> Path:
    return user_cache() / "speeds.json"
