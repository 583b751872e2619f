"""Commands killed at each system call that changes a file."""

from __future__ import annotations

import random
import signal
from collections.abc import Collection, Iterator
from pathlib import Path

from tests.commands.lab import Lab
from tests.torture import injection
from tests.torture.operations import NAMES, OPERATIONS, Folder, Operation, complaint, content, copied
from tests.torture.tally import Tally


def trials(
    template: Lab, folder: Folder, scratch: Path, *, at_most: int, seed: int, only: Collection[str] = NAMES
) -> Iterator[Tally]:
    """Kill each operation at each of its changing calls, or at some of them.

    Args:
        template: The prepared folder, which is copied for each trial.
        folder: Its runs.
        scratch: Where the copies are made.
        at_most: Calls of each operation to kill it at, drawn at random where there are more.
        seed: Of the draw.
        only: Names of the operations.

    Yields:
        A tally an operation.
    """
    draw = random.Random(seed)
    before = content(template.store, folder.other)
    for operation in (one for one in OPERATIONS if one.name in only):
        tally = Tally(f"killed at a call that changes files: {operation.name}")
        lab = copied(template, scratch / "kills")
        found = injection.calls(lab, operation.command(lab, folder), scratch / "kills", injection.CHANGING)
        if not found:  # it changes nothing
            continue
        for call in draw.sample(found, min(at_most, len(found))):
            tally.tried(_killed(template, folder, scratch, operation, call, before))
        yield tally.ended()


def _killed(
    template: Lab, folder: Folder, scratch: Path, operation: Operation, call: injection.Call, before: dict[str, bytes]
) -> str:
    lab = copied(template, scratch / "kills")
    done = injection.killed(lab, operation.command(lab, folder), call)
    if operation.name != "worker" and done.code not in (-signal.SIGKILL, 128 + signal.SIGKILL):
        return f"{operation.name} at call {call.number}: was not killed, but left with {done.code}"
    problem = complaint(lab, folder, operation, before)
    return f"{operation.name} at call {call.number}, {call.name}({call.text}: {problem}" if problem else ""
