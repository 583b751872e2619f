"""What ``--lost-after`` means: runs of hosts that have been silent for long are given up, and wait again."""

from __future__ import annotations

from mnist_lab.commands.inputs import seconds_of
from mnist_lab.commands.output import say
from mnist_lab.errors import UsageError
from mnist_lab.formatting import duration, plural
from mnist_lab.store import Store, lost, run_queue
from mnist_lab.store.leases import SILENT_SECONDS


def lost_after_seconds(text: str | None) -> float | None:
    """The seconds that the option names; None where it is not given.

    Raises:
        UsageError: It is no time, or one so short that workers that are only busy would count as lost.
    """
    if text is None:
        return None
    seconds = seconds_of(text, "--lost-after")
    if seconds < SILENT_SECONDS:
        raise UsageError(
            f"--lost-after takes {duration(SILENT_SECONDS)} or more, since a worker that compiles does not report; "
            f"{text!r} is less."
        )
    return seconds


def give_up_lost(store: Store, lost_after: float | None) -> None:
    """Give up what hosts hold that have been silent for so long, and say how many runs that was."""
    if lost_after is None:
        return
    given_up = lost.give_up_lost(store, run_queue.Queue(store).live(), lost_after)
    if given_up:
        say(sentence(given_up))


def sentence(given_up: list[str]) -> str:
    """What to say of runs that were given up."""
    wait = "It waits" if len(given_up) == 1 else "They wait"
    return f"Gave up {plural(len(given_up), 'run')} of silent hosts: {' '.join(given_up)}. {wait} again."
