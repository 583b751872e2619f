"""The runs folder: publishing requests and records, listing, reading and removing runs."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal

from mnist_lab.errors import DamagedRunError, StoreError, UsageError
from mnist_lab.experiments.events import Ended
from mnist_lab.experiments.record import Record, Request
from mnist_lab.store import files, ids, leases
from mnist_lab.store.frozen_gc import frozen_gc
from mnist_lab.store.journal import JournalReader
from mnist_lab.store.obstacles import obstacle
from mnist_lab.store.parsing import Problem, read_record, read_request, to_json
from mnist_lab.store.run import Run, RunStatus
from mnist_lab.text import one_line

_REQUEST, _RECORD, _JOURNAL, _LOG, _RANK = "request.json", "run.json", "journal.jsonl", "worker.log", "rank"
_STALE_SECONDS = 3600.0

ControlFlag = Literal["stop", "pause"]


class Store:
    """A runs folder, which any number of processes may use at once.

    Example:
        >>> store = Store.locate(Path("saved_runs"))
        >>> [record.result.test_accuracy for run in store.runs() if (record := run.record)]
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.locks_work = True
        """Whether file locks work here, as far as :meth:`prepare` has seen. Without them dead workers are detected by
        their process ids alone."""
        self._requests: dict[str, Request] = {}

    @classmethod
    def locate(cls, folder: Path) -> Store:
        """The store at ``folder``, which need not exist; ``~`` is the user's home.

        Raises:
            StoreError: Something else than a folder is there.
        """
        try:
            root = folder.expanduser().absolute()
        except (OSError, RuntimeError) as error:
            raise StoreError(f"{folder} cannot be found: {error}; name another folder with --runs.") from None
        with suppress(OSError):  # an error of permissions is reported by the first read or write
            if root.exists() and not root.is_dir():
                raise StoreError(f"{root} is a file, not a runs folder; name a folder with --runs.")
        return cls(root)

    def prepare(self) -> None:
        """Create the folder where it is missing, and check that runs can be saved in it.

        Raises:
            StoreError: They cannot be saved.
        """
        with files.storage(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".probe-{ids.new_id()}"
            try:
                files.make_folder(probe)
                lease = leases.take(probe)
                if lease is not None:
                    self.locks_work = lease.locked
                    lease.abandon()
            finally:
                shutil.rmtree(probe, ignore_errors=True)

    # Paths

    def folder(self, run_id: str) -> Path:
        """A run's folder; it need not exist.

        Raises:
            UsageError: ``run_id`` is not a run id.
        """
        return self.root / _checked(run_id)

    def journal_path(self, run_id: str) -> Path:
        return self.folder(run_id) / _JOURNAL

    def log_path(self, run_id: str) -> Path:
        return self.folder(run_id) / _LOG

    def weights_path(self, run_id: str) -> Path:
        return self.folder(run_id) / "weights.npz"

    def predictions_path(self, run_id: str) -> Path:
        return self.folder(run_id) / "predictions.npz"

    # Publishing

    def request(self, request: Request) -> None:
        """Publish a request: from then on the run exists and is queued.

        Raises:
            StoreError: It could not be written; nothing of it is left.
        """
        with files.storage(self.root):
            files.publish_folder(self.folder(request.id), {_REQUEST: to_json(request)})

    def publish(self, record: Record) -> None:
        """Publish a record: from then on the run has ended. An older record of the same run is replaced.

        Raises:
            StoreError: It could not be written; what was there is still there.
        """
        folder = self.folder(record.id)
        with files.storage(folder):
            files.publish(folder / _RECORD, to_json(record))

    # Reading

    def ids(self) -> list[str]:
        """The ids of all runs, in the order in which they were requested."""
        try:
            with os.scandir(self.root) as entries:
                return sorted(entry.name for entry in entries if ids.is_id(entry.name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(
                f"{self.root} could not be read: {error.strerror}; name another folder with --runs."
            ) from None

    def runs(self) -> list[Run]:
        """All runs, in the order in which they were requested."""
        run_ids = self.ids()
        with frozen_gc(len(run_ids)):
            return self.read_many(run_ids)

    def read_many(self, run_ids: Sequence[str]) -> list[Run]:
        """Several runs as they are now, without those that no longer exist."""
        found = []
        for run_id in run_ids:
            with suppress(FileNotFoundError):
                found.append(self.read(run_id))
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
            if not folder.exists():
                self._requests.pop(run_id, None)
                raise FileNotFoundError(folder)
            if isinstance(read, Problem):
                return Run(run_id, read.status, reason=read.reason)
            waiting: RunStatus = "paused" if self.has_flag(run_id, "pause") else "queued"
            return Run(run_id, waiting, read, rank=self.rank(run_id), reason=obstacle(folder, folder / _JOURNAL))
        if holder.liveness is leases.Liveness.DEAD:
            return Run(run_id, "died", request, reason=self._cause_of_death(run_id))
        silent_since = holder.last_heartbeat if holder.liveness is leases.Liveness.UNKNOWN else None
        status: RunStatus = "paused" if self.has_flag(run_id, "pause") else "running"
        return Run(run_id, status, request, silent_since=silent_since)

    def request_of(self, run_id: str) -> Request | None:
        """The request of a run, ended or not; None where it cannot be read."""
        read = self._request(run_id)
        return None if isinstance(read, Problem) else read

    def has_record(self, run_id: str) -> bool | None:
        """Whether a run has a record, readable or not; then no worker trains it any more.

        None where that cannot be determined just now.
        """
        try:
            (self.folder(run_id) / _RECORD).stat()
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

    # Control flags

    def set_flag(self, run_id: str, flag: ControlFlag) -> None:
        """Set a control flag of a run, which its worker reads after each compiled call.

        Raises:
            StoreError: It could not be written.
        """
        path = self.folder(run_id) / flag
        with files.storage(path), suppress(FileExistsError):
            files.open_new(path).close()

    def clear_flag(self, run_id: str, flag: ControlFlag) -> None:
        """Clear a control flag of a run, set or not."""
        path = self.folder(run_id) / flag
        with files.storage(path):
            path.unlink(missing_ok=True)

    def has_flag(self, run_id: str, flag: ControlFlag) -> bool:
        """Whether a control flag of a run is set."""
        return (self.folder(run_id) / flag).exists()

    def rank(self, run_id: str) -> int:
        """A waiting run's position in the queue, lower is earlier; by default the time of its request."""
        with suppress(OSError, ValueError):
            return int((self.folder(run_id) / _RANK).read_text())
        return ids.milliseconds(run_id)

    def move(self, run_id: str, rank: int) -> None:
        """Change a waiting run's position in the queue."""
        path = self.folder(run_id) / _RANK
        with files.storage(path):
            files.publish(path, str(rank).encode())

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

    def leftovers(self) -> list[Path]:
        """Temporary folders that a killed process left more than an hour ago."""
        if not self.root.is_dir():
            return []
        old = time.time() - _STALE_SECONDS
        prefixes = (".new-", ".gone-", ".probe-")
        found = []
        for path in self.root.iterdir():
            with suppress(FileNotFoundError):  # it may be removed meanwhile
                if path.name.startswith(prefixes) and path.lstat().st_mtime < old:
                    found.append(path)
        return found

    # Internals

    def _ended(self, run_id: str) -> Run | None:
        """The run by its record, damaged ones included; None where it has no record."""
        match read_record(f"{self.root}/{_checked(run_id)}/{_RECORD}", run_id):
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
        events = JournalReader(self.journal_path(run_id)).read()
        for event in reversed(events):
            if isinstance(event, Ended) and event.reason:
                return event.reason
        with suppress(OSError):
            if shutil.disk_usage(self.root).free < 64 * 1024:
                return "The disk is full; free some space and run it again."
        return "Its worker was killed or crashed; worker.log in its folder has its last words."


def _checked(run_id: str) -> str:
    if not ids.is_id(run_id):
        raise UsageError(f"{one_line(run_id)!r} is not a run id; `mnist-lab runs list` shows them.")
    return run_id
