"""``mnist-lab`` alone: the lab on a screen."""

from __future__ import annotations

import os
import sys

from mnist_lab.errors import UsageError


def lab() -> None:
    """Open the lab.

    Raises:
        UsageError: There is no terminal to open it on.
    """
    if os.environ.get("TERM", "dumb") == "dumb" or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The lab needs a terminal; without one, `mnist-lab run --preset early-stopping` trains headless."
        )
