"""Things that are no ordinary documents, in place of every file that the lab reads."""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from tests.commands.lab import SCRIPT, Lab, Terminal
from tests.torture.operations import Folder, content, copied
from tests.torture.tally import Tally

HANG_SECONDS = 2.0
"""What a command may take longer than on the folder without the hostile file."""

_KILL_SECONDS = 15.0


def _fifo(path: Path, _decoy: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path, _decoy: Path) -> None:
    path.mkdir()


def _socket(path: Path, _decoy: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    before = Path.cwd()
    os.chdir(path.parent)  # the name of a socket may have a hundred characters
    try:
        listener.bind(path.name)
    finally:
        os.chdir(before)
        listener.close()


def _link(path: Path, decoy: Path) -> None:
    path.symlink_to(decoy)


def _hard_link(path: Path, decoy: Path) -> None:
    path.hardlink_to(decoy)


def _loop(path: Path, _decoy: Path) -> None:
    path.symlink_to(path.name)


def _endless(path: Path, _decoy: Path) -> None:
    path.symlink_to("/dev/zero")


def _sparse(path: Path, _decoy: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def _huge(path: Path, _decoy: Path) -> None:
    with path.open("wb") as file:
        file.write(b'{"a": [')
        for _ in range(100):
            file.write(b"1," * 500_000)


def _deep(path: Path, _decoy: Path) -> None:
    path.write_bytes(b"[" * 1_000_000)


def _bomb(path: Path, _decoy: Path) -> None:
    import gzip

    path.write_bytes(gzip.compress(bytes(200_000_000), 1))


def _nothing(path: Path, _decoy: Path) -> None:
    path.write_bytes(b"")


def _forbidden(path: Path, _decoy: Path) -> None:
    path.write_bytes(b"{}")
    path.chmod(0)


KINDS: Mapping[str, Callable[[Path, Path], None]] = {
    "FIFO": _fifo,
    "folder": _folder,
    "socket": _socket,
    "symbolic link": _link,
    "hard link": _hard_link,
    "link to itself": _loop,
    "link to an endless device": _endless,
    "1 TB sparse": _sparse,
    "100 MB": _huge,
    "deeply nested": _deep,
    "compressed bomb": _bomb,
    "empty": _nothing,
    "not readable": _forbidden,
}

PLACES: Sequence[Callable[[Folder], str]] = (
    lambda folder: f"{folder.finished}/run.json",
    lambda folder: f"{folder.finished}/request.json",
    lambda folder: f"{folder.finished}/journal.jsonl",
    lambda folder: f"{folder.finished}/predictions.npz",
    lambda folder: f"{folder.finished}/worker.log",
    lambda folder: folder.finished,
    lambda folder: f"{folder.queued}/request.json",
    lambda folder: f"{folder.queued}/rank",
    lambda folder: f"{folder.queued}/journal.jsonl",
    lambda folder: f"{folder.queued}/lock",
    lambda folder: f"{folder.queued}/claim",
    lambda folder: f"{folder.queued}/claim/owner.json",
    lambda folder: f"{folder.queued}/claim/heartbeat",
    lambda folder: f"{folder.queued}/stop",
    lambda folder: f"{folder.queued}/pause",
    lambda folder: folder.queued,
    lambda _: "studies",
    lambda _: "studies/width.json",
    lambda _: ".workers",
    lambda _: ".workers/worker.log",
    lambda _: ".workers/prefetch.json",
    lambda _: ".workers/tensorflow-1-0",
    lambda _: ".workers/tensorflow-1-0/lock",
    lambda _: ".workers/tensorflow-1-0/claim/owner.json",
    lambda _: ".workers/tensorflow-1-0/state.json",
)


def _commands(folder: Folder) -> dict[str, Sequence[str]]:
    return {
        "runs list": ("runs", "list"),
        "runs list --json": ("runs", "list", "--json"),
        "runs show": ("runs", "show", folder.finished),
        "runs pause": ("runs", "pause", folder.queued),
        "runs stop": ("runs", "stop", folder.queued),
        "runs prune": ("runs", "prune", "--yes"),
        "runs remove": ("runs", "remove", folder.queued, "--yes"),
        "compare": ("compare",),
        "compare --networks": ("compare", folder.finished, folder.other, "--networks"),
        "report": ("report", "--section", "architecture", "--out", "report"),
        "study list": ("study", "list"),
        "worker list": ("worker", "list"),
        "worker stop": ("worker", "stop"),
        "the screen": (),
    }


@dataclass(frozen=True)
class _Decoy:
    """A file outside the runs folder, which nothing may change."""

    path: Path

    def state(self) -> tuple[bytes, int, int]:
        found = self.path.stat()
        return self.path.read_bytes(), found.st_mode, found.st_mtime_ns


def trials(
    template: Lab, folder: Folder, scratch: Path, *, at_most: int, seed: int, only: Collection[str] | None = None
) -> Iterator[Tally]:
    """Put each kind of thing into each place, and run a command on the folder, or do that with some of them.

    Args:
        template: The prepared folder, which is copied for each trial.
        folder: Its runs.
        scratch: Where the copies are made.
        at_most: Trials of each command, drawn at random where there are more.
        seed: Of the draw.
        only: Names of the commands; all of them by default.

    Yields:
        A tally a command.
    """
    draw = random.Random(seed)
    before = content(template.store, folder.other)
    for name, words in _commands(folder).items():
        if only is not None and name not in only:
            continue
        tally = Tally(f"a hostile file in place of one that is read: {name}")
        normal = _seconds(copied(template, scratch / "hostile"), words)[0]
        all_of_them = list(product(KINDS, PLACES))
        for kind, place in draw.sample(all_of_them, min(at_most, len(all_of_them))):
            lab = copied(template, scratch / "hostile")
            decoy = _Decoy(scratch / "hostile" / "id_secret")
            decoy.path.write_text("a secret\n")
            decoy.path.chmod(0o600)
            _put(lab.runs / place(folder), KINDS[kind], decoy.path)
            kept, held = decoy.state(), content(lab.store, folder.other)
            seconds, problem = _seconds(lab, words)
            if not problem and seconds > normal + HANG_SECONDS:
                problem = f"took {seconds:.1f} s instead of {normal:.1f}"
            if decoy.state() != kept and kind != "hard link":
                problem = "changed a file outside the runs folder"
            if held == before and content(lab.store, folder.other) != before:
                problem = "changed a finished run next to it"
            tally.tried(f"{name}: {kind} at {place(folder)}: {problem}" if problem else "")
        yield tally.ended()


def _put(path: Path, make: Callable[[Path, Path], None], decoy: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    make(path, decoy)


def _seconds(lab: Lab, words: Sequence[str]) -> tuple[float, str]:
    """How long a command takes, and what is wrong with how it ends."""
    started = time.monotonic()
    if not words:
        return _on_a_terminal(lab)
    try:
        done = subprocess.run(
            [SCRIPT, *words],
            env=lab.environment,
            cwd=lab.runs.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_KILL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return _KILL_SECONDS, "hung"
    seconds = time.monotonic() - started
    output = (done.stdout + done.stderr).decode(errors="replace")
    if "Traceback" in output:
        return seconds, "a traceback: " + output[-200:]
    return seconds, "" if done.returncode in (0, 1, 2, 3) else f"left with {done.returncode}"


def _on_a_terminal(lab: Lab) -> tuple[float, str]:
    started = time.monotonic()
    terminal = Terminal(lab, columns=100, rows=30)
    try:
        while "SECTIONS" not in terminal.text and time.monotonic() - started < _KILL_SECONDS:
            time.sleep(0.05)
        for key in ("c", "L", "\x1b"):
            time.sleep(0.5)
            terminal.type(key)
        while terminal.process.poll() is None and time.monotonic() - started < _KILL_SECONDS:
            terminal.type("q")
            time.sleep(0.2)
        code = terminal.process.poll()
        seconds = time.monotonic() - started
        if code is None:
            return seconds, "does not end: " + terminal.text[-200:]
        if "Traceback" in terminal.text:
            return seconds, "a traceback: " + terminal.text[-300:]
        return seconds, "" if code in (0, 3) else f"left with {code}"
    finally:
        terminal.close()
        lab.close()
