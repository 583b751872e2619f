"""Taking runs from the queue and training them: their leases, from the first look to the record."""

from __future__ import annotations

import errno
import os
import random
import shutil
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from mnist_lab.errors import LabError, StoreError
from mnist_lab.experiments.record import Backend, Record, Request
from mnist_lab.machine import opener
from mnist_lab.machine.native_output import redirected
from mnist_lab.store import Store, files, leases
from mnist_lab.store.run_queue import Queue
from mnist_lab.workers.control import ControlFlags
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.execution import BackendUnavailableError, execute, execute_together
from mnist_lab.workers.retrying import NO_ROOM
from mnist_lab.workers.run_writer import RunWriter

_BYTES_A_RUN = {"record": 64 * 1024, "predictions": 400 * 1024, "all": 1024 * 1024}
"""What the files of a run take at least, by what is kept."""


class RunTaker:
    """Takes runs that wait and trains them. Whatever is wrong with one of them stops no other.

    Args:
        store: Where they are.
        queue: The queue of that store, which is updated as their status changes.
        cache: What they are trained with.
        backend: What Keras runs on.
        lanes: How many runs JAX trains in one step at most; None: as many as the device's memory holds.
        each_time: Called several times a second while something is trained; returns whether all is to stop.
        say: Called with the ids of what is trained, once it has been taken.
        narrate: Called with one line for each run that has ended.
    """

    def __init__(
        self,
        store: Store,
        queue: Queue,
        cache: EngineCache,
        backend: Backend,
        lanes: int | None,
        each_time: Callable[[], bool],
        say: Callable[..., None],
        narrate: Callable[[str], None],
    ) -> None:
        self._store = store
        self._queue = queue
        self._cache = cache
        self._backend = backend
        self._lanes = lanes
        self._each_time = each_time
        self._say = say
        self._narrate = narrate
        self._held: dict[str, leases.Lease] = {}

    def beat(self) -> None:
        """Renew the heartbeats of the runs in hand."""
        for lease in self._held.values():
            lease.beat()

    def take(self, requests: Sequence[Request], others: int = 0) -> None:
        """Take the lease of the first request, and of all that can be trained in one step with it, and train them.

        Args:
            requests: What waits, in its order.
            others: How many other workers may go for the same.

        Raises:
            BackendUnavailableError: Nothing can be trained here; all of it waits as before.
            StoreError: The disk is full: what is not trained waits as before. Or not even a record could be written.
        """
        self._check_room(requests[0])
        writers = self._begin_some(requests, others)
        if not writers:
            return
        run_ids = [writer.request.id for writer in writers]
        for writer in writers:
            writer.lanes = len(writers)
        held = dict(self._held)
        flags = ControlFlags(self._store, run_ids, self._each_time, lambda run_id: held[run_id].lost)
        self._say(*run_ids)
        summaries = []
        try:
            # Where several are trained at once, the first one's log has what is printed of all.
            with _output_to(self._store.log_path(run_ids[0])):
                if len(writers) == 1:
                    records = iter([execute(writers[0], self._cache, flags)])
                else:
                    records = execute_together(writers, self._cache, flags)
                for record in records:
                    lease = self._held.pop(record.id)
                    lease.release(remove_lock=True)
                    given_up = f"{record.id} was given up and is another worker's; nothing of it was saved."
                    summaries.append(given_up if lease.lost else _summary(record))
        except BackendUnavailableError:
            self._give_back(writers)
            raise
        finally:
            for lease in self._held.values():
                lease.abandon()  # where there is no record, the run is seen to have died
            self._held = {}
            for run_id in run_ids:
                self._queue.reread(run_id)
            for line in summaries:
                self._narrate(line)
        for writer in writers:
            if writer.no_room:
                raise self._no_room()  # the next one would fail as well

    def _begin_some(self, requests: Sequence[Request], others: int) -> list[RunWriter]:
        """Begin the first run that can be had, and all that can be trained in one step with it."""
        left = list(requests)
        while left:
            tried = self._alike(left)
            writers = [writer for request in tried if (writer := self._begin(request))]
            if writers:
                return writers
            ids = {request.id for request in tried}
            left = [request for request in left if request.id not in ids]
            # Others were quicker: those who look at the same moment do not go for the same run again.
            turn = random.randrange(min(len(left), max(1, others + 1))) if left else 0
            left = left[turn:] + left[:turn]
        return []

    def _alike(self, requests: Sequence[Request]) -> list[Request]:
        """The first request, and those that can be lanes together with it."""
        first = requests[0]
        if self._backend != "jax" or len(requests) == 1 or first.measurements:
            return [first]
        from mnist_lab.training.compile_key import compile_key
        from mnist_lab.training.engine import LanesEngine

        key = compile_key(first.experiment)
        alike = [one for one in requests if compile_key(one.experiment) == key and not one.measurements]
        try:
            engine = self._cache.engine()
            assert isinstance(engine, LanesEngine)
            split = self._cache.split(first.experiment, first.data_file)
            return alike[: self._lanes or engine.lanes_that_fit(first.experiment, split)]
        except LabError:
            return [first]  # its record will say what is wrong

    def _begin(self, request: Request) -> RunWriter | None:
        """Take the lease of a run and begin its journal. None where that is not possible: an error is its own.

        Raises:
            StoreError: There is no room for any run.
        """
        run_id = request.id
        try:
            lease = leases.take(self._store.folder(run_id), ended=partial(self._has_ended, run_id))
            if lease is None:
                if leases.is_taken(self._store.folder(run_id)):
                    self._queue.recheck(run_id)
                else:
                    self._refuse_if_waiting(run_id, "another process holds its lock")
                return None
            try:
                # Another may have been quicker between lease and record, and it may have been paused a moment ago.
                if self._store.has_record(run_id) is not False or self._store.has_flag(run_id, "pause"):
                    lease.release()
                    self._queue.reread(run_id)
                    return None
                writer = RunWriter(self._store, request, self._cache, lease.keep)
            except BaseException:
                lease.release()
                raise
        except OSError as error:
            if error.errno in NO_ROOM:
                raise files.explain(error, self._store.root) from error
            self._refuse_if_waiting(run_id, error.strerror or str(error))
            return None
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one run stops no other
            traceback.print_exception(error)
            self._refuse_if_waiting(run_id, f"{type(error).__name__}: {error}")
            return None
        self._held[run_id] = lease
        return writer

    def _has_ended(self, run_id: str) -> bool:
        return self._store.has_record(run_id) is True

    def _refuse_if_waiting(self, run_id: str, why: str) -> None:
        """Skip a run until it changes, unless it is gone or somebody else has it."""
        run = self._queue.reread(run_id)
        if run is not None and run.status == "queued" and not run.reason:
            self._queue.refuse(run_id, f"It cannot be started: {why}.")

    def _give_back(self, writers: Sequence[RunWriter]) -> None:
        """Let runs wait again that have not begun."""
        for writer in writers:
            with suppress(OSError):
                writer.withdraw()
                opener.remove(self._store.log_path(writer.request.id), missing_ok=True)
                self._held.pop(writer.request.id).release()

    def _check_room(self, request: Request) -> None:
        """Raise the error of a full disk before anything is trained that could not be saved."""
        with suppress(OSError):
            if shutil.disk_usage(self._store.root).free < _BYTES_A_RUN[request.keep]:
                raise self._no_room()

    def _no_room(self) -> StoreError:
        return files.explain(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), self._store.root)


def _summary(record: Record) -> str:
    accuracy = "" if record.result.val_accuracy is None else f", val_accuracy {record.result.val_accuracy:.4f}"
    return f"{record.id} {record.status} after {record.epochs_run} epochs{accuracy}. {record.reason}".rstrip()


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
