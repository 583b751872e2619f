"""The user's cache folder, for images, compiled steps and measured speeds."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from mnist_lab.machine.shared_path import SharedPath

CACHE_VARIABLE = "MNIST_LAB_CACHE"


def user_cache() -> SharedPath:
    """``$MNIST_LAB_CACHE``, else the lab's folder in the platform's cache folder; it need not exist.

    The variable is a setting of the user's account, like the platform's own, so it is read here and not passed down
    from the command line.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    return SharedPath.named(Path(chosen) if chosen else platformdirs.user_cache_path("mnist-lab", appauthor=False))
