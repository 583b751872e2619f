"""Processes that are killed, or get an error, at one chosen system call, by ``strace --inject``."""

from __future__ import annotations

import re
import signal
import subprocess
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.commands.lab import Done, Lab

CHANGING = (
    "write,pwrite64,writev,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,"
    "fsync,fdatasync,ftruncate,fchmod,fchmodat,chmod,utimensat"
)
"""System calls that change files, or make a change durable."""

LOOKING = "openat,open,read,pread64,newfstatat,stat,lstat,fstat,statx,getdents64,flock,access,faccessat2"
"""System calls that open files and folders, read them, or lock them."""

_CALL = re.compile(r"^(?:\[pid\s+)?(?P<pid>\d+)\]?\s+(?P<name>\w+)\((?P<rest>.*)$")
_CURRENT = re.compile(r"AT_FDCWD<[^>]*>")
_SECONDS = 120.0


@dataclass(frozen=True)
class Call:
    """A system call of a command that concerns a folder.

    Attributes:
        name: Of the system call.
        number: Which of the process's calls of that name it is, from 1.
        text: Its arguments.
        before: How many calls of each name the process has made before it.
    """

    name: str
    number: int
    text: str
    before: Mapping[str, int]


def calls(lab: Lab, command: Sequence[object], folder: Path, traced: str) -> list[Call]:
    """Run a command to its end, and list its system calls that name a folder or what is in it."""
    log = lab.runs.parent / "strace.log"
    _run(lab, command, ["-y", "-o", str(log), "-e", f"trace={traced}"])
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    found: dict[tuple[str, int], Call] = {}
    for line in log.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        before = dict(counts[match["pid"]])
        counts[match["pid"]][match["name"]] += 1
        if f"{folder}/" in _CURRENT.sub("", match["rest"]):
            number = counts[match["pid"]][match["name"]]
            found.setdefault((match["name"], number), Call(match["name"], number, match["rest"][:160], before))
    return list(found.values())


def killed(lab: Lab, command: Sequence[object], call: Call) -> Done:
    """Run a command whose process is killed as it makes a system call."""
    return _run(lab, command, ["-e", f"inject={call.name}:signal=SIGKILL:when={call.number}"])


def failing(lab: Lab, command: Sequence[object], call: Call, traced: str, error: str, *, lasting: bool) -> Done:
    """Run a command in which a system call fails with an error, and with ``lasting`` each later one of the set too.

    strace counts the calls of each name by itself.
    """
    if not lasting:
        return _run(lab, command, ["-e", f"inject={call.name}:error={error}:when={call.number}"])
    options = []
    for name in traced.split(","):
        options += ["-e", f"inject={name}:error={error}:when={call.before.get(name, 0) + 1}+"]
    return _run(lab, command, options)


def _run(lab: Lab, command: Sequence[object], options: Sequence[str]) -> Done:
    output = [] if "-o" in options else ["-o", "/dev/null"]
    words = tuple(map(str, ["strace", "-f", "--seccomp-bpf", "-qq", *output, *options, *command]))
    process = subprocess.Popen(
        words,
        # The same calls in the same order each time.
        env=lab.environment | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"},
        cwd=lab.runs.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        out, err = process.communicate(timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        raise
    return Done(words, process.returncode, out, err)
