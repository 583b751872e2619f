"""What somebody may put in the place of a file, so that whoever reads it waits for ever or runs out of memory."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path


def _listen(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(path.parent)  # a socket's path has a hundred characters at most
        try:
            listener.bind(path.name)
        finally:
            os.chdir(before)


def _grow(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**40)


IMPOSTERS: dict[str, Callable[[Path], object]] = {
    "FIFO": os.mkfifo,
    "folder": Path.mkdir,
    "socket": _listen,
    "terabyte": _grow,
}


def put_in_place(path: Path, imposter: str) -> None:
    """Put one in the place of whatever is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    IMPOSTERS[imposter](path)
