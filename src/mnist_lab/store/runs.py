"""The runs folder: asking for runs, listing them, reading them, taking them away."""

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
from mnist_lab.store.frozen_gc import staying
from mnist_lab.store.journal import JournalReader
from mnist_lab.store.parsing import Problem, read_record, read_request, to_json
from mnist_lab.store.run import Run, RunStatus
from mnist_lab.text import one_line

_REQUEST, _RECORD, _JOURNAL, _LOG, _RANK = "request.json", "run.json", "journal.jsonl", "worker.log", "rank"
_STALE_SECONDS = 3600.0


class Store:
    """A runs folder. Any number of faces and workers may use one at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.locks_work = True
        """Whether file locks mean anything on this file system, as far as :meth:`prepare` has seen. The lab goes on
        without them, and then tells the dead by their process ids alone."""
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
        with suppress(OSError):  # what keeps it from being looked at is said by whoever reads or writes there
            if root.exists() and not root.is_dir():
                raise StoreError(f"{root} is a file, not a runs folder; name a folder with --runs.")
        return cls(root)

    def prepare(self) -> None:
        """Make the folder if need be, and make sure that runs can be saved in it.

        Raises:
            StoreError: They cannot.
        """
        with files.storage(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".probe-{ids.new_id()}"
            try:
                files.make_folder(probe)
                claim = leases.take(probe)
                if claim is not None:
                    self.locks_work = claim.locked
                    claim.forget()
            finally:
                shutil.rmtree(probe, ignore_errors=True)

    # Where things are

    def folder(self, run_id: str) -> Path:
        """A run's folder; it need not exist.

        Raises:
            UsageError: This is no run id, whatever it was made to look like.
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

    # Asking and publishing

    def request(self, request: Request) -> None:
        """Publish a request: from now on the run exists, and is queued.

        Raises:
            StoreError: It could not be written; nothing of it is left.
        """
        with files.storage(self.root):
            files.publish_folder(self.folder(request.id), {_REQUEST: to_json(request)})

    def publish(self, record: Record) -> None:
        """Publish a record: from now on the run has ended. Replaces an older record of the same run.

        Raises:
            StoreError: It could not be written; what was there is still there.
        """
        folder = self.folder(record.id)
        with files.storage(folder):
            files.publish(folder / _RECORD, to_json(record))

    # Reading

    def ids(self) -> list[str]:
        """The ids of all runs, in the order they were asked for."""
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
        """All runs, in the order they were asked for."""
        run_ids = self.ids()
        with staying(len(run_ids)):
            return self.read_many(run_ids)

    def read_many(self, run_ids: Sequence[str]) -> list[Run]:
        """Runs as they stand now, without those that are no longer there."""
        found = []
        for run_id in run_ids:
            with suppress(FileNotFoundError):
                found.append(self.read(run_id))
        return found

    def read(self, run_id: str) -> Run:
        """A run as it stands now.

        Damage makes it a ``damaged`` run, what cannot be read just now an ``unreadable`` one, never an error.

        Raises:
            FileNotFoundError: There is no such run, or no longer.
        """
        try:
            return self._read(run_id)
        except FileNotFoundError:
            raise
        except OSError as error:
            reason = f"Its folder cannot be read: {error.strerror}."
            return Run(run_id, "unreadable", self.asked_as(run_id), reason=reason)

    def _read(self, run_id: str) -> Run:
        ended = self._ended(run_id)
        if ended is not None:
            return ended
        folder = self.folder(run_id)
        read = self._request(run_id)
        request = None if isinstance(read, Problem) else read
        holder = leases.holder(folder)
        if holder is None or holder.life is leases.Life.DEAD:
            # a worker publishes its record before it lets go of its claim
            ended = self._ended(run_id)
            if ended is not None:
                return ended
        if holder is None:
            if not folder.exists():
                self._requests.pop(run_id, None)
                raise FileNotFoundError(folder)
            if isinstance(read, Problem):
                return Run(run_id, read.status, reason=read.reason)
            waiting: RunStatus = "paused" if self.wished(run_id, "pause") else "queued"
            return Run(run_id, waiting, read, rank=self.rank(run_id))
        if holder.life is leases.Life.DEAD:
            return Run(run_id, "died", request, reason=self._cause_of_death(run_id))
        silent_since = holder.heard_at if holder.life is leases.Life.UNKNOWN else None
        status: RunStatus = "paused" if self.wished(run_id, "pause") else "running"
        return Run(run_id, status, request, silent_since=silent_since)

    def asked_as(self, run_id: str) -> Request | None:
        """The request of a run, ended or not; None where it cannot be read."""
        read = self._request(run_id)
        return None if isinstance(read, Problem) else read

    def has_record(self, run_id: str) -> bool | None:
        """Whether a run has a record, readable or not: then no worker will take it any more.

        None where that cannot be told just now.
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
            DamagedRunError: It has none that can be read.
        """
        run = self.read(run_id)
        if run.record is None:
            raise DamagedRunError(f"Run {run_id} has no record to read: it is {run.status}. {run.reason}".rstrip())
        return run.record

    def resolve(self, end: str) -> str:
        """The id that ends in ``end``.

        Raises:
            UsageError: None does, or several do, or it could not be the end of an id.
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

    # Wishes

    def wish(self, run_id: str, what: Literal["stop", "pause"]) -> None:
        """Ask the worker of a run for something; it is honoured at the end of the compiled call it is in."""
        path = self.folder(run_id) / what
        with files.storage(path), suppress(FileExistsError):
            files.open_new(path).close()

    def unwish(self, run_id: str, what: Literal["stop", "pause"]) -> None:
        """Take a wish back."""
        path = self.folder(run_id) / what
        with files.storage(path):
            path.unlink(missing_ok=True)

    def wished(self, run_id: str, what: Literal["stop", "pause"]) -> bool:
        return (self.folder(run_id) / what).exists()

    def rank(self, run_id: str) -> int:
        """A waiting run's place in the queue: lower is earlier. Where nobody moved it, the time it was asked for."""
        with suppress(OSError, ValueError):
            return int((self.folder(run_id) / _RANK).read_text())
        return ids.milliseconds(run_id)

    def move(self, run_id: str, rank: int) -> None:
        """Give a waiting run another place in the queue."""
        path = self.folder(run_id) / _RANK
        with files.storage(path):
            files.publish(path, str(rank).encode())

    # Taking away

    def remove(self, run_id: str) -> None:
        """Remove a run and everything kept of it.

        Raises:
            UsageError: It is running, or may be.
            DamagedRunError: What it is cannot be read just now.
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
        """Remove a run if, looked at once more, it is of no use (:attr:`Run.useless`).

        Returns:
            The run as it stands now where it was left as it is; None where it is gone.

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
        """Temporary folders that a killed process left behind more than an hour ago."""
        if not self.root.is_dir():
            return []
        old = time.time() - _STALE_SECONDS
        prefixes = (".new-", ".gone-", ".probe-")
        found = []
        for path in self.root.iterdir():
            with suppress(FileNotFoundError):  # it may go while we look
                if path.name.startswith(prefixes) and path.lstat().st_mtime < old:
                    found.append(path)
        return found

    # Inside

    def _ended(self, run_id: str) -> Run | None:
        """The run as its record shows it, also where that cannot be read; None where it has no record."""
        match read_record(f"{self.root}/{_checked(run_id)}/{_RECORD}", run_id):
            case None:
                return None
            case Problem(status=status, reason=reason, newer=newer):
                return Run(run_id, status, self.asked_as(run_id), reason=reason, newer=newer)
            case record:
                self._requests.pop(run_id, None)
                return Run(run_id, record.status, None, record, record.reason)

    def _request(self, run_id: str) -> Request | Problem:
        """The request, or why there is none. A request never changes, so that of a live run is read once."""
        known = self._requests.get(run_id)
        if known is not None:
            return known
        read = read_request(self.folder(run_id) / _REQUEST, run_id)
        if not isinstance(read, Problem):
            self._requests[run_id] = read
        return read

    def _cause_of_death(self, run_id: str) -> str:
        """The best that can be said of why a run's worker is gone."""
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
