"""Watching runs until they have ended: a live view on a terminal, a line an epoch on a pipe."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import FrameType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from mnist_lab.commands import lost_hosts
from mnist_lab.errors import ExitCode, LabError
from mnist_lab.experiments.events import EpochEnded, Event, PhaseStarted
from mnist_lab.render.progress import PHASES, epoch_line, progress_view, state_of
from mnist_lab.runs import requests
from mnist_lab.runs.progress import JournalFollower, RunSnapshot
from mnist_lab.store import Store, lost
from mnist_lab.text import one_line
from mnist_lab.workers.placement import Placement
from mnist_lab.workers.pool import WorkerPool, kill_workers

_POLL_SECONDS = 0.1
_REDRAW_SECONDS = 0.25
"""Four redraws a second at most: enough to see it move, little enough for a slow line."""

_GIVE_UP_SECONDS = 5.0
"""How often to look for runs that are to be given up."""

_STUCK_SECONDS = 30.0
"""How long a run that cannot be read or started is waited for: whatever is brief has passed by then."""

Summarize = Callable[[Mapping[str, RunSnapshot]], str]
"""From the runs that are watched to a line about the whole that they are of."""


def watch(
    store: Store,
    labels: dict[str, str],
    console: Console,
    interrupts: list[int],
    placement: Placement,
    *,
    ours: bool,
    quiet: bool = False,
    others: Collection[str] = (),
    summary: Summarize | None = None,
    lost_after: float | None = None,
) -> ExitCode:
    """Follow runs to their ends. One that stays unreadable, or cannot be started, is given up after a while, as failed.

    Args:
        store: Where they are.
        labels: What to call each, by id.
        console: Where to draw, or to narrate where that is no terminal.
        interrupts: Grows with every Ctrl-C, from :func:`interrupts_collected`.
        placement: How many workers there may be while the runs are watched.
        ours: Whether Ctrl-C stops the runs (twice: kills their worker). Otherwise it only ends the watching.
        quiet: Say nothing on a console that is no terminal.
        others: Those of the runs that somebody else asked for. Ctrl-C does not stop them, and ends watching them.
        summary: What to show above the runs' own progress, and to print whenever one of them has ended.
        lost_after: Give up those whose workers have been silent for so many seconds, so that they are trained again.

    Raises:
        StoreError: No worker can be started.
    """
    pool = WorkerPool(store, placement)
    watching = _Watch(store, JournalFollower(store, labels), console, pool, quiet, others, summary, lost_after)
    if watching.until_ended(interrupts, ours=ours):
        return ExitCode.STOPPED
    statuses = {view.status for view in watching.views}
    if not statuses <= {"finished", "stopped"}:
        return ExitCode.RUN_FAILED
    return ExitCode.STOPPED if "stopped" in statuses else ExitCode.DONE


class _Watch:
    def __init__(
        self,
        store: Store,
        follower: JournalFollower,
        console: Console,
        pool: WorkerPool,
        quiet: bool,
        others: Collection[str],
        summary: Summarize | None,
        lost_after: float | None,
    ) -> None:
        self._store = store
        self._follower = follower
        self._console = console
        self._live = console.is_terminal and not console.is_dumb_terminal
        self._quiet = quiet and not self._live
        self._others = others
        self._summary = summary
        self._lost_after = lost_after
        self._give_up_at = -math.inf
        self._silent: set[str] = set()
        self._ended = -1
        self._stuck_since: dict[str, float] = {}
        self._message = ""
        self._obstacle = ""
        self._pool = pool

    @property
    def views(self) -> list[RunSnapshot]:
        return list(self._follower.views.values())

    def until_ended(self, interrupts: list[int], *, ours: bool) -> bool:
        """Follow until all have ended, or until interrupted. Returns whether it was interrupted."""
        live = Live(console=self._console, auto_refresh=False, transient=False) if self._live else None
        drawn_at, drawn = -math.inf, None
        heeded = 0
        with live or nullcontext():
            while True:
                news = self._follower.poll()
                self._narrate(news)
                self._note_stuck()
                self._note_silent()
                ended = all(self._is_over(view, interrupted=heeded > 0) for view in self.views)
                if live is not None and (ended or time.monotonic() - drawn_at >= _REDRAW_SECONDS):
                    state = (self.views, self._message, self._obstacle, self._console.size)
                    if state != drawn:
                        live.update(self._frame(), refresh=True)
                        drawn_at, drawn = time.monotonic(), state
                if ended:
                    return heeded > 0
                if len(interrupts) > heeded:
                    heeded += 1
                    if not ours or all(self._is_over(view, interrupted=True) for view in self.views):
                        return True
                    self._interrupted(heeded)
                    if heeded > 1:
                        self._follower.poll()
                        return True
                if not interrupts:
                    self._pool.ensure()
                    self._note_obstacle()
                time.sleep(_POLL_SECONDS)

    def _note_stuck(self) -> None:
        """Keep count of how long runs could not be read or started; say it of each of which that is new."""
        known, now = self._stuck_since, time.monotonic()
        stuck = [view for view in self.views if _is_stuck(view)]
        self._stuck_since = {view.id: known.get(view.id, now) for view in stuck}
        if not self._live and not self._quiet:
            for view in stuck:
                if view.id not in known:
                    self._console.print(_status_line(view), soft_wrap=True)

    def _note_silent(self) -> None:
        """Say of each run that its host has fallen silent, and give up those that have been silent for long."""
        silent = {view.id: view for view in self.views if view.silent_since is not None and not view.ended}
        if not self._live and not self._quiet:
            for run_id in silent.keys() - self._silent:
                line = f"{one_line(silent[run_id].label)}  {state_of(silent[run_id])}"
                self._console.print(line, soft_wrap=True)
        self._silent = set(silent)
        if self._lost_after is None or not silent or time.monotonic() < self._give_up_at:
            return
        self._give_up_at = time.monotonic() + _GIVE_UP_SECONDS
        given_up = lost.give_up_lost(self._store, [view.run for view in silent.values()], self._lost_after)
        if given_up and not self._quiet:
            self._console.print(lost_hosts.sentence(given_up), soft_wrap=True)

    def _note_obstacle(self) -> None:
        """Say why no worker starts, whenever that has changed."""
        if self._pool.obstacle == self._obstacle:
            return
        self._obstacle = self._pool.obstacle
        if self._obstacle and not self._live and not self._quiet:
            self._console.print(self._obstacle, soft_wrap=True)

    def _is_over(self, view: RunSnapshot, *, interrupted: bool) -> bool:
        """Whether a run need not be waited for any more."""
        if interrupted and (view.id in self._others or _is_stuck(view)):
            return True
        since = self._stuck_since.get(view.id, math.inf)
        return view.ended or time.monotonic() - since >= _STUCK_SECONDS

    def _frame(self) -> RenderableType:
        width, height = self._console.size
        lines = [Text(self._summary(self._follower.views), no_wrap=True, overflow="ellipsis")] if self._summary else []
        stuck = next((_status_line(view) for view in self.views if _is_stuck(view)), "")
        message = [Text(text, "bold") for text in (self._message or stuck or self._obstacle,) if text]
        return Group(
            *lines, progress_view(self.views, width=width, height=max(4, min(height - 2 - len(lines), 28))), *message
        )

    def _interrupted(self, times: int) -> None:
        if times > 1:
            ours = [view.id for view in self.views if not view.ended and view.id not in self._others]
            left = kill_workers(self._store, ours)
            if left:
                runs = "1 run is" if len(left) == 1 else f"{len(left)} runs are"
                self._console.print(
                    f"{runs} trained by workers of other users or hosts, which were left alone: they save what they "
                    "have as `stopped` once they see the request.",
                    markup=False,
                    soft_wrap=True,
                )
            return
        self._message = "Stopping; what was trained is being saved. Ctrl-C again kills the worker and loses it."
        if not self._live:
            self._console.print(self._message)
        for view in reversed(self.views):
            if not view.ended and view.id not in self._others:
                try:
                    requests.stop(self._store, view.id)
                except LabError:
                    continue  # it has just ended by itself, or cannot be read or written

    def _narrate(self, news: list[tuple[str, Event]]) -> None:
        if self._live or self._quiet:
            return
        for run_id, event in news:
            view = self._follower.views[run_id]
            match event:
                case PhaseStarted(phase=phase) if phase in {"importing", "compiling"}:
                    self._console.print(f"{view.label}  {PHASES[phase]}", soft_wrap=True)
                case EpochEnded(epoch=epoch) if view.epochs_done:  # the record may have none of those in the journal
                    self._console.print(epoch_line(view.up_to(epoch)), soft_wrap=True)
                case _:
                    pass
        ended = sum(view.ended for view in self.views)
        if self._summary is not None and ended != self._ended:
            self._ended = ended
            self._console.print(self._summary(self._follower.views), soft_wrap=True)


def _is_stuck(view: RunSnapshot) -> bool:
    """Whether a run cannot be read just now, or waits though no worker can start it."""
    return view.status == "unreadable" or (view.status == "queued" and bool(view.reason))


def _status_line(view: RunSnapshot) -> str:
    return f"{one_line(view.label)}  {view.status}: {one_line(view.reason)}"


@contextmanager
def interrupts_collected() -> Iterator[list[int]]:
    """Collect Ctrl-C in the list that is given, instead of raising KeyboardInterrupt."""
    received: list[int] = []

    def receive(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = signal.signal(signal.SIGINT, receive)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, before)
