"""The user's cache folder: images, compiled steps and measured speeds, all of which can be made again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "MNIST_LAB_CACHE"


def user_cache() -> Path:
    """The lab's folder in the user's cache, as the platform has it (``XDG_CACHE_HOME``), or ``$MNIST_LAB_CACHE``.

    It need not exist. A setting of the user's account, as the platform's own variable is, and therefore read here and
    not handed down from the command line through every reader of an image.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen) if chosen else platformdirs.user_cache_path("mnist-lab", appauthor=False)
