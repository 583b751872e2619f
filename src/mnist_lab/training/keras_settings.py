"""Keras's global settings, which Keras reads from the user's file and environment and which would change results."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnist_lab.experiments.record import Backend


def environment(backend: Backend) -> dict[str, str]:
    """The variables to set before Keras is imported; they take precedence over its file."""
    return {"KERAS_BACKEND": backend, "KERAS_NNX_ENABLED": "false"}


def apply() -> None:
    """Set everything that networks and optimizers take from Keras's global settings to Keras's defaults.

    Keras must be imported already, and no model built yet that depends on these settings.
    """
    import keras

    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")  # else that of the file's floatx, where Keras has asked for it already


def file() -> Path:
    """The file that Keras reads its settings from; it need not exist."""
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras.json"
