"""A worker that is killed or crashes loses the run it had in hand; who guards it starts a fresh one for the rest."""

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
    """Divide into a child that goes on and this process, which waits for it, and for a fresh one where it is killed.

    To be called before anything heavy is loaded, since the child begins as a copy.

    Args:
        wanted: Whether there is anything left to do for a fresh child.
        narrate: Told, a line each, what has become of a child.

    Returns:
        None in the child. In this process, once nobody need be guarded any more, what to exit with.
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
    """Be less urgent than the faces, whoever started this process: they are to answer at once while it computes.

    Linux may weigh whole sessions against each other, and then heeds a nice value within one alone: sched(7), "The
    autogroup feature".
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
