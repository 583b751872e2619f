"""The supervisor of a worker: it starts a new worker process when one was killed or crashed."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from mnist_lab.errors import ExitCode

_NICE = 5
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def stand(wanted: Callable[[], bool], narrate: Callable[[str], None]) -> int | None:
    """Fork into a child, which returns and works, and this process, which restarts it whenever it is killed.

    Call it before anything heavy is imported, since the child starts as a copy of this process.

    Args:
        wanted: Returns whether there is work left for a new child.
        narrate: Called with one line each time a child was killed.

    Returns:
        None in the child. In this process, once no child is needed any more, its exit code.
    """
    while True:
        child = os.fork()
        if not child:
            return None
        code = _outlive(child)
        if code >= 0:
            return code
        narrate(f"The worker was ended by {signal.Signals(-code).name}; a machine short of memory ends processes so.")
        if -code in _PASSED_ON:
            return ExitCode.STOPPED
        if not wanted():
            return ExitCode.DONE


def give_way() -> None:
    """Lower the priority of this process, so that the frontends stay responsive while it computes.

    Where Linux groups processes by session, a nice value counts only within the session, and the session has its own:
    sched(7), "The autogroup feature".
    """
    os.nice(_NICE)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICE))


def _outlive(child: int) -> int:
    """Wait for a child, and pass on what is sent to this process meanwhile. Returns how it ended, a signal as minus."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        os.kill(child, number)

    before = {number: signal.signal(number, pass_on) for number in _PASSED_ON}
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
