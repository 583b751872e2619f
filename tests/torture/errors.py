"""Commands in which a system call fails, once or from then on."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from itertools import product
from pathlib import Path

from tests.commands.lab import Done, Lab
from tests.torture import injection
from tests.torture.operations import NAMES, OPERATIONS, Folder, Operation, complaint, content, copied
from tests.torture.tally import Tally

FULL = ("ENOSPC", "EDQUOT", "EIO")
"""Errors of calls that change files."""

REFUSED = ("EMFILE", "EACCES", "EIO", "ESTALE", "EINTR")
"""Errors of calls that open or read them."""

_CODES = (0, 1, 2, 3)


def trials(
    template: Lab, folder: Folder, scratch: Path, *, at_most: int, seed: int, only: Collection[str] = NAMES
) -> Iterator[Tally]:
    """Let calls of each operation fail, each with each error, once and lasting, or some of these.

    Args:
        template: The prepared folder, which is copied for each trial.
        folder: Its runs.
        scratch: Where the copies are made.
        at_most: Trials of each operation and kind of call, drawn at random where there are more.
        seed: Of the draw.
        only: Names of the operations.

    Yields:
        A tally an operation.
    """
    draw = random.Random(seed)
    before = content(template.store, folder.other)
    for operation in (one for one in OPERATIONS if one.name in only):
        tally = Tally(f"a system call fails: {operation.name}")
        for traced, names in ((injection.CHANGING, FULL), (injection.LOOKING, REFUSED)):
            lab = copied(template, scratch / "errors")
            found = injection.calls(lab, operation.command(lab, folder), scratch / "errors", traced)
            # From then on no file could be opened: not Python's own ones either, which it says in its own way.
            lasting_too = (False, True) if traced is injection.CHANGING else (False,)
            all_of_them = list(product(found, names, lasting_too))
            for call, error, lasting in draw.sample(all_of_them, min(at_most, len(all_of_them))):
                lab = copied(template, scratch / "errors")
                done = injection.failing(lab, operation.command(lab, folder), call, traced, error, lasting=lasting)
                problem = _complaint(done, lab, folder, operation, before)
                how = "from then on" if lasting else "once"
                where = f"{operation.name}: {error} {how} at call {call.number}, {call.name}({call.text}"
                tally.tried(f"{where}: {problem}" if problem else "")
        yield tally.ended()


def _complaint(done: Done, lab: Lab, folder: Folder, operation: Operation, before: dict[str, bytes]) -> str:
    if "Traceback" in done.out + done.err:
        return "a traceback: " + done.err[-200:]
    if done.code not in _CODES:
        return f"left with {done.code}"
    if done.code == 0 and not operation.done(lab.store, folder):
        return "left with 0, and was not done"
    return complaint(lab, folder, operation, before)
