"""The settings of a user that are kept between sessions: the theme."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, ValidationError


class Settings(BaseModel):
    """Settings of a user. A file that cannot be read counts as the defaults."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: str = "lab-dark"


def load() -> Settings:
    """The saved settings."""
    try:
        return Settings.model_validate_json(_path().read_bytes())
    except (OSError, ValidationError):
        return Settings()


def save(settings: Settings) -> None:
    """Save the settings; does nothing if that is not possible."""
    with suppress(OSError):
        _path().parent.mkdir(parents=True, exist_ok=True)
        _path().write_text(settings.model_dump_json())


def _path() -> Path:
    return user_config_path("mnist-lab") / "settings.json"
