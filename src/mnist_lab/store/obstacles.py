"""What keeps this user's workers from starting one waiting run, as far as its folder shows it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mnist_lab.machine import opener
from mnist_lab.store.leases import LOCK_FILE


def obstacle(folder: Path, journal: Path) -> str:
    """Why no worker of this user can start the waiting run in a folder, in one sentence; empty where one can.

    Where this user may not write in the runs folder at all, that is not said of each run.
    """
    if not os.access(folder, os.W_OK | os.X_OK):
        if not os.access(folder.parent, os.W_OK):
            return ""
        return "No worker of yours can start it: you may not write in its folder; change the folder's permissions."
    if _mode(journal) is not None:
        return f"No worker can start it: it has a {journal.name} already; ask again for it, and remove it."
    lock = folder / LOCK_FILE
    mode = _mode(lock)
    if mode is not None and not stat.S_ISREG(mode):
        return f"No worker can start it: {LOCK_FILE} in its folder is not a file; remove that."
    if mode is not None and not os.access(lock, os.R_OK | os.W_OK):
        return f"No worker of yours can start it: you may not write {LOCK_FILE} in its folder; change its permissions."
    return ""


def _mode(path: Path) -> int | None:
    """The type and permissions of what is there, without following a link; None where nothing is."""
    try:
        return opener.status(path).st_mode
    except OSError:
        return None
