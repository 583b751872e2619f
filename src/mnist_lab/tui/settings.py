"""The settings of a user that are kept between sessions: the theme."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_lab.machine import opener
from mnist_lab.store import files

_LIMIT = 64 * 1024


class Settings(BaseModel):
    """Settings of a user. A file that cannot be read counts as the defaults."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: str = "lab-dark"


def load() -> Settings:
    """The saved settings."""
    try:
        with opener.open_named_file(_path(), _LIMIT) as file:
            return Settings.model_validate_json(file.read())
    except (OSError, ValidationError):
        return Settings()


def save(settings: Settings) -> None:
    """Save the settings; does nothing if that is not possible."""
    with suppress(OSError, RuntimeError):  # a loop of links
        opener.make_private_folder(_path().parent)
        files.publish(_path().resolve(), settings.model_dump_json().encode())


def _path() -> Path:
    return user_config_path("mnist-lab") / "settings.json"
