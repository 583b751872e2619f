"""The runs folder: publishing requests and records, listing, reading and removing runs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mnist_lab.errors import DamagedRunError, RecordExistsError, UsageError
from mnist_lab.experiments.record import Record, Request
from mnist_lab.machine import opener
from mnist_lab.store import files, ids, leases, owners
from mnist_lab.store.frozen_gc import frozen_gc
from mnist_lab.store.journal import last_reason
from mnist_lab.store.obstacles import obstacle
from mnist_lab.store.parsing import RECORD, Problem, read_record, read_request, to_json
from mnist_lab.store.run import Run, RunStatus
from mnist_lab.store.run_folders import RunFolders, checked_id
from mnist_lab.text import one_line

_REQUEST = "request.json"


class Store(RunFolders):
    """A runs folder, which any number of processes may use at once.

    Example:
        >>> store = Store.locate(Path("saved_runs"))
        >>> [record.result.test_accuracy for run in store.runs() if (record := run.record)]
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._path = str(root)
        self._requests: dict[str, Request] = {}

    # Publishing

    def request(self, request: Request) -> None:
        """Publish a request: from then on the run exists and is queued.

        Raises:
            StoreError: It could not be written; nothing of it is left.
        """
        with files.storage(self.root):
            files.publish_folder(self.folder(request.id), {_REQUEST: to_json(request)})

    def publish(self, record: Record) -> None:
        """Publish a record: from then on the run has ended. The first record of a run is the one that counts.

        Raises:
            RecordExistsError: It has a record already, readable or not, which stays as it is.
            StoreError: It could not be written; nothing of it is left.
        """
        path = self.folder(record.id) / RECORD
        with files.storage(path.parent):
            try:
                files.publish_new(path, to_json(record))
            except FileExistsError:
                raise RecordExistsError(
                    f"Run {record.id} has a record already, which another worker has published; this one is not saved."
                ) from None

    def rewrite(self, record: Record) -> None:
        """Replace the record of a run that has one, to change its note or its tags.

        Raises:
            DamagedRunError: It has none.
            StoreError: It could not be written; what was there is still there.
        """
        if self.has_record(record.id) is False:
            raise DamagedRunError(f"Run {record.id} has no record that could be changed.")
        folder = self.folder(record.id)
        with files.storage(folder):
            files.publish(folder / RECORD, to_json(record))

    def set_aside(self, run_id: str) -> None:
        """Rename the journal and the log of a run whose worker is given up, so that another can begin its own.

        Raises:
            StoreError: It could not be renamed.
        """
        folder = self.folder(run_id)
        with files.storage(folder):
            for path in (self.journal_path(run_id), self.log_path(run_id)):
                with suppress(FileNotFoundError):
                    opener.rename(path, path.with_name(f"lost-{path.name}"))

    # Reading

    def runs(self) -> list[Run]:
        """All runs, in the order in which they were requested."""
        run_ids = self.ids()
        with frozen_gc(len(run_ids)):
            return self.read_many(run_ids)

    def read_many(self, run_ids: Sequence[str]) -> list[Run]:
        """Several runs as they are now, without those that no longer exist."""
        found = []
        for run_id in run_ids:
            try:
                found.append(self.read(run_id))
            except FileNotFoundError:
                continue
        return found

    def read(self, run_id: str) -> Run:
        """A run as it is now.

        Damaged files give a ``damaged`` run and files that cannot be read just now an ``unreadable`` one, not an error.

        Raises:
            FileNotFoundError: There is no such run.
        """
        try:
            return self._read(run_id)
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = f"Its folder cannot be read: {error.strerror}."
            return Run(run_id, "unreadable", self.request_of(run_id), reason=reason)

    def _read(self, run_id: str) -> Run:
        ended = self._ended(run_id)
        if ended is not None:
            return ended
        folder = self.folder(run_id)
        read = self._request(run_id)
        request = None if isinstance(read, Problem) else read
        holder = leases.holder(folder)
        if holder is None or holder.liveness is leases.Liveness.DEAD:
            # a worker publishes the record before it releases the lease
            ended = self._ended(run_id)
            if ended is not None:
                return ended
        if holder is None:
            try:
                opener.status(folder)
            except (FileNotFoundError, NotADirectoryError):
                self._requests.pop(run_id, None)
                raise FileNotFoundError(folder) from None
            if isinstance(read, Problem):
                return Run(run_id, read.status, reason=read.reason)
            waiting: RunStatus = "paused" if self.has_flag(run_id, "pause") else "queued"
            reason = obstacle(folder, self.journal_path(run_id))
            return Run(run_id, waiting, read, rank=self.rank(run_id), reason=reason)
        if holder.liveness is leases.Liveness.DEAD:
            return Run(run_id, "died", request, reason=self._cause_of_death(run_id))
        unknown = holder.liveness is leases.Liveness.UNKNOWN
        elsewhere = unknown or (holder.owner is not None and not owners.is_here(holder.owner))
        silent_since = holder.last_heartbeat if unknown and leases.is_silent(holder) else None
        status: RunStatus = "paused" if self.has_flag(run_id, "pause") else "running"
        return Run(run_id, status, request, elsewhere=elsewhere, silent_since=silent_since)

    def request_of(self, run_id: str) -> Request | None:
        """The request of a run, ended or not; None where it cannot be read."""
        read = self._request(run_id)
        return None if isinstance(read, Problem) else read

    def has_record(self, run_id: str) -> bool | None:
        """Whether a run has a record, readable or not; then no worker trains it any more.

        None where that cannot be determined just now.
        """
        try:
            opener.status(self.folder(run_id) / RECORD)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:
            return None
        return True

    def record(self, run_id: str) -> Record:
        """The record of a run that has ended.

        Raises:
            DamagedRunError: It has no record that can be read.
        """
        run = self.read(run_id)
        if run.record is None:
            raise DamagedRunError(f"Run {run_id} has no record to read: it is {run.status}. {run.reason}".rstrip())
        return run.record

    def resolve(self, end: str) -> str:
        """The id that ends in ``end``.

        Raises:
            UsageError: No id does, or several do, or it cannot be the end of an id.
        """
        wanted = end.strip().upper()
        if not ids.is_end_of_id(wanted):
            raise UsageError(f"{one_line(end)!r} is not a run id or the end of one; `mnist-lab runs list` shows them.")
        found = [run_id for run_id in self.ids() if run_id.endswith(wanted)]
        match found:
            case [run_id]:
                return run_id
            case []:
                raise UsageError(
                    f"No run in {self.root} has an id ending in {wanted}; `mnist-lab runs list` shows them."
                )
            case _:
                raise UsageError(f"{len(found)} runs have ids ending in {wanted}; give more of the end of the id.")

    # Removing

    def remove(self, run_id: str) -> None:
        """Remove a run with all its files.

        Raises:
            UsageError: It is running, or may be.
            DamagedRunError: Its status cannot be read just now.
            StoreError: It could not be removed.
        """
        run = self.read(run_id)
        if run.status == "unreadable":
            raise DamagedRunError(
                f"Run {run_id} is not removed, for it may have finished. {run.reason}"
                f" Make it readable first, or delete {self.folder(run_id)} by hand."
            )
        if run.silent_since is not None:
            raise UsageError(
                f"Run {run_id} is {run.status} on another host, which is silent; `mnist-lab runs give-up {run_id[-6:]}`"
                " frees it."
            )
        if run.status in {"running", "paused"} and leases.holder(self.folder(run_id)) is not None:
            raise UsageError(f"Run {run_id} is {run.status}; stop it first: `mnist-lab runs stop {run_id[-6:]}`.")
        with files.storage(self.folder(run_id)):
            files.discard(self.folder(run_id))

    def prune(self, run_id: str) -> Run | None:
        """Remove a run if it is still of no use (:attr:`Run.useless`).

        Returns:
            The run as it is now where it was not removed; None where it no longer exists.

        Raises:
            StoreError: It could not be removed.
        """
        try:
            run = self.read(run_id)
        except FileNotFoundError:
            return None
        if not run.useless:
            return run
        with files.storage(self.folder(run_id)):
            files.discard(self.folder(run_id))
        return None

    # Internals

    def _ended(self, run_id: str) -> Run | None:
        """The run by its record, damaged ones included; None where it has no record."""
        match read_record(f"{self._path}/{checked_id(run_id)}", run_id):
            case None:
                return None
            case Problem(status=status, reason=reason, newer=newer):
                return Run(run_id, status, self.request_of(run_id), reason=reason, newer=newer)
            case record:
                self._requests.pop(run_id, None)
                return Run(run_id, record.status, None, record, record.reason)

    def _request(self, run_id: str) -> Request | Problem:
        """The request, or why it cannot be read. It never changes, so that of a live run is read once."""
        known = self._requests.get(run_id)
        if known is not None:
            return known
        read = read_request(self.folder(run_id) / _REQUEST, run_id)
        if not isinstance(read, Problem):
            self._requests[run_id] = read
        return read

    def _cause_of_death(self, run_id: str) -> str:
        """The most likely reason why a run's worker is gone, in one sentence."""
        reason = last_reason(self.journal_path(run_id))
        if reason:
            return reason
        with suppress(OSError):
            if shutil.disk_usage(self.root).free < 64 * 1024:
                return "The disk is full; free some space and run it again."
        return "Its worker was killed or crashed; worker.log in its folder has its last words."
