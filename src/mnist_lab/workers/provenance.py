"""What a run was made with: versions, host, commit."""

from __future__ import annotations

import hashlib
import os
import platform
import socket
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path

from mnist_lab import __version__
from mnist_lab.experiments.record import Environment

_GIT_SECONDS = 5.0
"""How long a git command may take."""


def environment(data: str) -> Environment:
    """The environment of a run on this data, as far as it is known before a backend is loaded."""
    from mnist_lab.data.splits import order_of  # loads numpy

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
    """:func:`commit_of` of this package as it was at the first call, which a worker makes when it starts."""
    return commit_of(Path(__file__).parents[1])


def commit_of(package: Path) -> str | None:
    """The commit that a package was checked out at, with ``-dirty`` where its modules are not those of the commit.

    Modules are compared by their content, changed, added and removed ones, and without git's own comparison, which runs
    programs that the configuration of a repository names.

    Returns:
        None where the package is not part of a git checkout of its own.
    """
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        commit = _git(package, "rev-parse", "--verify", "HEAD").strip()
        committed = {}
        for line in _git(package, "ls-tree", "-r", "-z", commit).split("\0"):
            entry, _, path = line.partition("\t")
            if path.endswith(".py"):
                committed[path] = entry.split()[2]
        if "__init__.py" not in committed:  # merely installed somewhere below another project's checkout
            return None
        algorithm = "sha1" if len(commit) == 40 else "sha256"
        found = {str(path.relative_to(package)): _blob(path, algorithm) for path in package.rglob("*.py")}
        return commit if found == committed else f"{commit}-dirty"
    return None


def _git(folder: Path, *arguments: str) -> str:
    """Output of a git command that reads objects only, whatever repository the environment points at."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=_GIT_SECONDS,
    )
    return done.stdout


def _blob(path: Path, algorithm: str) -> str:
    """The name that git has for the content of a file."""
    content = path.read_bytes()
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
