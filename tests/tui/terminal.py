"""A real terminal with a person at it: tmux, its keys and its screen."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

PATIENCE = 120.0
LAB = [sys.executable, "-m", "mnist_lab"]


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, socket: Path, columns: int, lines: int, environment: dict[str, str]) -> None:
        self._tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
        self._environment = os.environ | environment | {"TERM": "xterm-256color"}
        self._environment.pop("TMUX", None)
        size = ["-x", str(columns), "-y", str(lines)]
        self._call("new-session", "-d", *size, "env", "-u", "TMUX", "bash", "--norc", "--noprofile")

    def run(self, *command: str) -> None:
        """Type a command and return."""
        self._call("send-keys", "-l", shlex.join(command))
        self._call("send-keys", "Enter")

    def press(self, *keys: str) -> None:
        """Press keys, named as tmux names them, each as a person does: when the one before has done its work."""
        for key in keys:
            self._call("send-keys", key)
            before = ""
            for _ in range(10):  # a live chart never stands still for long
                time.sleep(0.1)
                if before == (before := self.screen()):
                    break

    def resize(self, columns: int, lines: int) -> None:
        self._call("resize-window", "-x", str(columns), "-y", str(lines))

    def screen(self) -> str:
        """What can be read now."""
        return self._call("capture-pane", "-p").stdout

    def wait(self, what: str | Callable[[str], bool]) -> str:
        """Wait until the screen shows a text, or satisfies a condition; return the screen."""
        deadline = time.monotonic() + PATIENCE
        while True:
            screen = self.screen()
            if what in screen if isinstance(what, str) else what(screen):
                return screen
            assert time.monotonic() < deadline, f"waited for {what} in vain; the screen is\n{screen}"
            time.sleep(0.1)

    def kill(self) -> None:
        """Close the terminal as a window manager or a dropped line does: everything in it is hung up on."""
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._tmux, *arguments], env=self._environment, text=True, capture_output=True, check=True
        )


def lab(runs: Path, *arguments: str) -> Sequence[str]:
    """The command that opens the lab on a folder."""
    return [*LAB, "--runs", str(runs), *arguments]
