"""Serving a queue: one run after another, warm in between, until told to leave or idle for long."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from mnist_lab.errors import ExitCode
from mnist_lab.native_output import redirected
from mnist_lab.record import Record
from mnist_lab.store import Store, claims, files, serving
from mnist_lab.store.serving import WorkerState
from mnist_lab.worker.execution import Bench, Wishes, execute

_POLL_SECONDS = 0.1
_BEAT_SECONDS = 5.0


def serve(
    store: Store,
    *,
    idle_seconds: float | None,
    threads: int | None = None,
    narrate: Callable[[str], None] = lambda line: None,
) -> ExitCode:
    """Take runs from a store's queue until told to leave, or until there has been nothing to do for a while.

    Args:
        store: Whose queue.
        idle_seconds: How long to wait for work before leaving; None: for ever.
        threads: How many threads the backend may use; None: as many as it likes.
        narrate: Told, a line each, what has been done.

    Raises:
        StoreError: The store cannot be written any more.
    """
    store.prepare()
    place = serving.take_place(store.root, places=1)
    if place is None:
        narrate("Another worker serves this folder already.")
        return ExitCode.DONE
    try:
        _Service(store, place, Bench(threads), narrate).run(idle_seconds)
    finally:
        place.release()
    return ExitCode.DONE


class _Service:
    def __init__(self, store: Store, place: claims.Claim, bench: Bench, narrate: Callable[[str], None]) -> None:
        self._store = store
        self._place = place
        self._bench = bench
        self._narrate = narrate
        self._leaving = False
        self._next_beat = 0.0
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)

    def run(self, idle_seconds: float | None) -> None:
        self._narrate(f"Serving {self._store.root}.")
        done: set[str] = set()
        idle_since = time.monotonic()
        serving.say(self._place, WorkerState())
        while not self._told_to_leave():
            waiting = serving.waiting(self._store, done)
            if waiting:
                self._take(waiting[0].id)
                idle_since = time.monotonic()
            elif idle_seconds is not None and time.monotonic() - idle_since > idle_seconds:
                return
            else:
                self._beat(self._place)
                time.sleep(_POLL_SECONDS)

    def _take(self, run_id: str) -> None:
        folder = self._store.folder(run_id)
        with files.storage(folder):
            claim = claims.take(folder)
        if claim is None:
            return
        run = self._store.read(run_id)
        if run.ended or run.request is None:  # another worker was quicker, from claim to record
            claim.release()
            return
        serving.say(self._place, WorkerState(warm=self._bench.warm, device=self._bench.device, run=run_id))
        try:
            with _output_to(self._store.log_path(run_id)):
                record = execute(self._store, run.request, self._bench, self._wishes(run_id, claim))
            claim.release(for_good=True)
        finally:
            claim.forget()  # where there is no record, the run is seen to have died
        serving.say(self._place, WorkerState(warm=self._bench.warm, device=self._bench.device))
        self._narrate(_summary(record))

    def _wishes(self, run_id: str, claim: claims.Claim) -> Wishes:
        def stop() -> bool:
            self._beat(claim, self._place)
            return self._store.wished(run_id, "stop") or self._told_to_leave()

        return Wishes(stop=stop, pause=lambda: self._store.wished(run_id, "pause"))

    def _told_to_leave(self) -> bool:
        return self._leaving or serving.asked_to_stop(self._place)

    def _leave(self, _signal: int, _frame: FrameType | None) -> None:
        self._leaving = True

    def _beat(self, *held: claims.Claim) -> None:
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + _BEAT_SECONDS
            for claim in held:
                claim.beat()


def _summary(record: Record) -> str:
    figures = "" if record.result.val_accuracy is None else f", val_accuracy {record.result.val_accuracy:.4f}"
    return f"{record.id} {record.status} after {record.epochs_run} epochs{figures}. {record.reason}".rstrip()


@contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """Send everything printed into a file. A full disk loses it, nothing worse."""
    try:
        handle = files.open_new(log)
    except OSError:
        yield
        return
    with handle, redirected(handle.fileno()):
        yield
