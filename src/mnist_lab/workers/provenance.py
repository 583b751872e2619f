"""What a run was made with: versions, host, commit."""

from __future__ import annotations

import platform
import socket
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path

from mnist_lab import __version__
from mnist_lab.experiments.record import Environment


def environment(data: str) -> Environment:
    """The environment of a run on this data, as far as it is known before a backend is loaded."""
    from mnist_lab.data.dataset import order_of  # loads numpy

    return Environment(
        mnist_lab=__version__,
        python=platform.python_version(),
        host=socket.gethostname(),
        data=data,
        data_order=order_of(data),
        git_commit=git_commit(),
    )


@cache
def git_commit() -> str | None:
    """The commit this package was checked out at; None where it is not in a git checkout of its own."""
    here = Path(__file__)

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(here.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()

    with suppress(OSError, subprocess.SubprocessError):
        git("ls-files", "--error-unmatch", here.name)  # not merely installed somewhere below another project's checkout
        return git("rev-parse", "HEAD")
    return None
