"""The supervisor of a worker: it starts a new worker process when one was killed or has failed."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from mnist_lab.errors import ExitCode

CRASHED = 70
"""What a child exits with after an error that is a bug, as ``EX_SOFTWARE`` in sysexits.h."""

_NICE = 5
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK_SECONDS = 5.0
_POLL_SECONDS = 0.1
"""How often a child is looked at where its end cannot be waited for with a timeout."""
_SHORT_SECONDS = 30.0
"""A child that has lived for less has failed at once."""
_FAILURES_AT_MOST = 5
_DELAY_SECONDS = 0.5
"""Before the second new child in a row; doubled with each one after it."""


def supervise(wanted: Callable[[], bool], look: Callable[[int], None], narrate: Callable[[str], None]) -> int | None:
    """Fork into a child, which returns and works, and this process, which restarts it whenever it is killed or fails.

    Five children in a row that end so within half a minute are not followed by another.
    Call it before anything heavy is imported, since the child starts as a copy of this process.

    Args:
        wanted: Returns whether there is work left for a new child.
        look: Called every few seconds with the child's pid while it lives.
        narrate: Called with one line when a child has ended so, but not for each of several in a row with one cause.

    Returns:
        None in the child. In this process, once no child is needed any more, its exit code.
    """
    failures, said = 0, ""
    while True:
        since = time.monotonic()
        signal.pthread_sigmask(signal.SIG_BLOCK, _PASSED_ON)  # until this process passes them on
        child = os.fork()
        if not child:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
            return None
        code = _outlive(child, look)
        if code >= 0 and code != CRASHED:
            return code
        failures = failures + 1 if time.monotonic() - since < _SHORT_SECONDS else 1
        cause = _cause(code)
        if cause != said:
            narrate(cause)
            said = cause
        if -code in _PASSED_ON:
            return ExitCode.STOPPED
        if failures >= _FAILURES_AT_MOST:
            narrate(f"The worker ended so {failures} times in a row; it is not started again. {cause}")
            return CRASHED
        if not wanted():
            return ExitCode.DONE
        if failures > 1:
            time.sleep(_DELAY_SECONDS * 2 ** (failures - 2))


def lower_priority() -> None:
    """Lower the priority of this process, so that the frontends stay responsive while it computes.

    Where Linux groups processes by session, a nice value counts only within the session, and the session has its own:
    sched(7), "The autogroup feature".
    """
    os.nice(_NICE)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE))


def _cause(code: int) -> str:
    if code == CRASHED:
        return "The worker was ended by an error, which its log shows."
    return f"The worker was ended by {signal.Signals(-code).name}; a machine short of memory ends processes so."


def _outlive(child: int, look: Callable[[int], None]) -> int:
    """Wait for a child, and pass on what is sent to this process meanwhile. Returns how it ended, a signal as minus."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    before = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
    try:
        while not _ends_within(child, _LOOK_SECONDS):
            look(child)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ends_within(child: int, seconds: float) -> bool:
    """Wait for the end of a child. Returns whether it has come."""
    try:
        handle = os.pidfd_open(child)
    except (AttributeError, OSError):  # not Linux, or an old one
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return True
            time.sleep(_POLL_SECONDS)
        return False
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
