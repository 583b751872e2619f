"""The folders of runs: where their files are, and the small files that control what waits or trains."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Literal, Self

from mnist_lab.errors import StoreError, UsageError
from mnist_lab.machine import opener
from mnist_lab.machine.shared_path import SharedPath
from mnist_lab.store import files, ids, leases
from mnist_lab.text import one_line

_JOURNAL, _LOG, _RANK = "journal.jsonl", "worker.log", "rank"
_RANK_LIMIT = 32
_STALE_SECONDS = 3600.0

ControlFlag = Literal["stop", "pause"]


class RunFolders:
    """A runs folder as a folder of folders, one for each run, whatever is in them.

    Args:
        root: The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = SharedPath.named(root)
        self.locks_work = True
        """Whether file locks work here, as far as :meth:`prepare` has seen. Without them dead workers are detected by
        their process ids alone."""

    @classmethod
    def locate(cls, folder: Path) -> Self:
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
            opener.make_folders(self.root)
            probe = self.root / f"{files.PROBE}{ids.new_id()}"
            try:
                files.make_folder(probe)
                lease = leases.take(probe)
                if lease is not None:
                    self.locks_work = lease.locked
                    lease.abandon()
            finally:
                opener.remove_tree(probe)

    # Paths

    def folder(self, run_id: str) -> SharedPath:
        """A run's folder; it need not exist.

        Raises:
            UsageError: ``run_id`` is not a run id.
        """
        return self.root / checked_id(run_id)

    def journal_path(self, run_id: str) -> Path:
        return self.folder(run_id) / _JOURNAL

    def log_path(self, run_id: str) -> Path:
        return self.folder(run_id) / _LOG

    def weights_path(self, run_id: str) -> Path:
        return self.folder(run_id) / "weights.npz"

    def predictions_path(self, run_id: str) -> Path:
        return self.folder(run_id) / "predictions.npz"

    # Listing

    def ids(self) -> list[str]:
        """The ids of all runs, in the order in which they were requested."""
        try:
            return sorted(filter(ids.is_id, opener.names(self.root)))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(
                f"{self.root} could not be read: {error.strerror}; name another folder with --runs."
            ) from None

    def leftovers(self) -> list[Path]:
        """Temporary folders that a killed process left more than an hour ago, by the clock of the file system."""
        try:
            names = [name for name in opener.names(self.root) if name.startswith(files.TEMPORARY)]
            old = files.time_there(self.root) - _STALE_SECONDS if names else 0.0
        except OSError:  # then nothing could be removed either
            return []
        found: list[Path] = []
        for path in sorted(self.root / name for name in names):
            with suppress(OSError):  # it may be removed meanwhile
                if opener.status(path).st_mtime < old and not files.is_being_written(path):
                    found.append(path)
        return found

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
            opener.remove(path, missing_ok=True)

    def has_flag(self, run_id: str, flag: ControlFlag) -> bool:
        """Whether a control flag of a run is set."""
        return opener.exists(self.folder(run_id) / flag)

    def rank(self, run_id: str) -> int:
        """A waiting run's position in the queue, lower is earlier; by default the time of its request."""
        path = self.folder(run_id) / _RANK
        if opener.exists(path):  # most have none
            with suppress(OSError, ValueError):
                return int(opener.read(path, _RANK_LIMIT))
        return ids.milliseconds(run_id)

    def move(self, run_id: str, rank: int) -> None:
        """Change a waiting run's position in the queue."""
        path = self.folder(run_id) / _RANK
        with files.storage(path):
            files.publish(path, str(rank).encode())


def checked_id(run_id: str) -> str:
    """An id, which names a folder.

    Raises:
        UsageError: It is none.
    """
    if not ids.is_id(run_id):
        raise UsageError(f"{one_line(run_id)!r} is not a run id; `mnist-lab runs list` shows them.")
    return run_id
