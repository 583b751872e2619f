"""Programs that some tests need and that a machine may lack.

A test names them with ``@pytest.mark.needs("tmux")``; ``hosts`` are namespaces that unshare makes. Where one is missing
the test is skipped; under ``CI=true`` it fails, because ``.ci/run`` installs all of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache

import pytest

_PACKAGES = {
    "chromium": "chromium",
    "git": "git",
    "setpriv": "util-linux",
    "ssh": "openssh-client",
    "sshd": "openssh-server",
    "strace": "strace",
    "tmux": "tmux",
    "unshare": "util-linux",
    "hosts": "util-linux",
}
"""The Debian package of each program."""

_OTHER_NAMES = {"hosts": ("unshare",), "chromium": ("chromium-browser", "google-chrome", "chrome")}


@cache
def program(name: str) -> str | None:
    """The path of a program that tests need; None where it is missing."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin"  # Debian has sshd where only root's PATH finds it
    names = (name, *_OTHER_NAMES.get(name, ()))
    return next((found for one in names if (found := shutil.which(one, path=path))), None)


@cache
def _obstacle(name: str) -> str | None:
    """Why a program is of no use here; None where it works."""
    if name == "setpriv" and os.geteuid() != 0:
        return None  # there are no privileges to give up
    if program(name) is None:
        return f"{name} is missing: apt-get install {_PACKAGES[name]}"
    if name == "hosts":
        script = "hostname host && mount --bind /dev/null /proc/sys/kernel/random/boot_id"
        command = [str(program(name)), "-u", "-p", "-m", "-f", "--mount-proc", "sh", "-ec", script]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return "unshare may not make hosts (UTS, pid and mount namespaces): run as root, in a container that may"
    tracing = [str(program(name)), "-qq", "true"]
    if name == "strace" and subprocess.run(tracing, capture_output=True, check=False).returncode:
        return "strace may not trace: allow this container the capability SYS_PTRACE"
    if name == "unshare":
        namespace = "-m" if os.geteuid() == 0 else "-Urm"
        command = [str(program(name)), namespace, "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            return "unshare may not mount a file system: allow this container or user namespaces to"
    return None


def require(item: pytest.Item) -> None:
    """Skip a test that needs a program that is missing; under ``CI=true`` fail it."""
    for name in (name for marker in item.iter_markers("needs") for name in marker.args):
        reason = _obstacle(name)
        if reason is not None and os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        elif reason is not None:
            pytest.skip(reason)
