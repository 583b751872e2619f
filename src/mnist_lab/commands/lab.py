"""``mnist-lab`` without a command: the lab on a screen."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path

from mnist_lab.errors import UsageError

_SLOW_LINE_FPS, _FPS = "10", "30"


def lab(runs: Path | None = None, workers: int | None = None, threads: int | None = None) -> int:
    """Open the lab, and return what to exit with: not 0 where the screen broke.

    Args:
        runs: The runs folder, as ``--runs`` gives it.
        workers: Trainings side by side, as ``--workers`` gives it.
        threads: CPU threads for each, as ``--threads`` gives it.

    Raises:
        UsageError: There is no terminal to open it on, or a variable that stands for an option is no number.
        StoreError: The runs folder is a file.
    """
    streams = sys.stdin, sys.stdout, sys.stderr  # Textual reads the first and draws on the last
    if os.environ.get("TERM", "dumb") == "dumb" or not all(stream.isatty() for stream in streams):
        raise UsageError(
            "The lab needs a terminal; without one, `mnist-lab run --preset early-stopping` trains headless."
        )
    # Textual reads these when it is imported, and offers no other way to set them.
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    os.environ.setdefault("TEXTUAL_FPS", _SLOW_LINE_FPS if "SSH_CONNECTION" in os.environ else _FPS)

    gc.disable()  # the app enables it with its first frame: what is made until then stays
    from mnist_lab.commands.inputs import open_store, placement_here
    from mnist_lab.tui.app import LabApp

    app = LabApp(open_store(runs), placement_here(workers, threads))
    app.run()
    return app.return_code or 0
