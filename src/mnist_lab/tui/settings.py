"""What the lab remembers of a person: the theme."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, ValidationError


class Settings(BaseModel):
    """Remembered choices; whatever cannot be read is forgotten."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: str = "lab-dark"


def load() -> Settings:
    """The settings as they were left."""
    try:
        return Settings.model_validate_json(_path().read_bytes())
    except (OSError, ValidationError):
        return Settings()


def save(settings: Settings) -> None:
    """Remember the settings, where that is possible."""
    with suppress(OSError):
        _path().parent.mkdir(parents=True, exist_ok=True)
        _path().write_text(settings.model_dump_json())


def _path() -> Path:
    return user_config_path("mnist-lab") / "settings.json"
