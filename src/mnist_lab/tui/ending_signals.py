"""Signals that end the lab: the terminal is left as it was found, and the exit code says that the lab was stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from contextlib import suppress

from textual.app import App

from mnist_lab.errors import ExitCode


def end_on_signals(app: App[None]) -> None:
    """Have SIGTERM and SIGHUP end an app as its own key does. A second one ends the process at once.

    A signal that is ignored, as SIGHUP is under ``nohup``, stays so. Outside of the main thread nothing is done.
    """
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        loop.remove_signal_handler(number)
        if not _has_terminal():  # nobody sees what is written, and writing it may block
            os._exit(ExitCode.STOPPED)
        app.exit(return_code=ExitCode.STOPPED)

    with suppress(RuntimeError, ValueError):
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is not signal.SIG_IGN:
                loop.add_signal_handler(number, end, number)


def _has_terminal() -> bool:
    """Whether the terminal still exists: one that was closed refuses to be asked."""
    try:
        termios.tcgetattr(sys.__stdin__.fileno() if sys.__stdin__ else 0)
    except (OSError, termios.error):
        return False
    return True
