"""What a worker writes of one run, whatever happens: its journal, its weights and predictions, and last its record."""

from __future__ import annotations

import io
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_lab.errors import LabError, RecordExistsError, StoreError
from mnist_lab.experiments.events import Ended, EpochEnded, Event, PhaseStarted
from mnist_lab.experiments.record import Environment, Record, Request, TrainingSummary
from mnist_lab.machine import opener
from mnist_lab.store import Store, files
from mnist_lab.store.journal import JournalWriter
from mnist_lab.workers import provenance
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.retrying import NO_ROOM, retrying

if TYPE_CHECKING:
    from mnist_lab.training.outcome import Outcome


class RunWriter:
    """One run's files, from its first event to its record.

    Args:
        store: Where.
        request: What was asked for.
        cache: What it is trained with.
        held: Whether the run is still this worker's; what is no longer its own it does not save.

    Raises:
        OSError: Not even a journal can be begun.
    """

    def __init__(self, store: Store, request: Request, cache: EngineCache, held: Callable[[], bool]) -> None:
        self.request = request
        self.lanes = 1
        """How many runs are trained in one step with it, itself included."""
        self.startup = 0.0
        """Seconds until training could begin."""
        self.no_room = False
        """Whether it failed because the disk is full."""
        self._store = store
        self._cache = cache
        self._held = held
        self._started_at = datetime.now(UTC)
        self._epochs: list[EpochEnded] = []
        self._journal = JournalWriter(store.journal_path(request.id))

    def write(self, event: Event) -> None:
        """Put an event into the journal.

        Raises:
            OSError: It could not be written.
        """
        self._journal.write(event)
        if isinstance(event, EpochEnded):
            self._epochs[event.epoch - 1 :] = [event]  # a training that has started again comes to it once more

    def close(self, outcome: Outcome) -> Record:
        """Save what came of the run, and publish its record.

        Where the run is another worker's by now, nothing is saved.

        Raises:
            StoreError: Not even the record could be written.
        """
        try:
            self.write(PhaseStarted(at=time.time(), phase="saving"))
            if self._held():
                self._save(outcome)
        except Exception as error:  # noqa: BLE001 - see fail
            return self.fail(error, outcome)
        return self._publish(outcome.summary)

    def withdraw(self) -> None:
        """Remove what has been written of a run that has not begun, so that it can be started anew."""
        self._journal.close()
        opener.remove(self._store.journal_path(self.request.id), missing_ok=True)

    def fail(self, error: Exception, outcome: Outcome | None = None) -> Record:
        """Publish the record of a run that an error has ended: a bug or the backend's own complaint ends no worker.

        Raises:
            StoreError: Not even the record could be written.
        """
        _log(error)
        cause = error.__cause__ if isinstance(error, StoreError) else error
        self.no_room = isinstance(cause, OSError) and cause.errno in NO_ROOM
        reason = self._explain(error)
        if outcome is None:
            return self._publish(TrainingSummary.of_epochs("failed", reason, self._epochs))
        return self._publish(outcome.summary.model_copy(update={"status": "failed", "reason": reason}))

    def _explain(self, error: Exception) -> str:
        from mnist_lab.training.device_memory import is_exhausted

        match error:
            case LabError():
                return str(error)
            case OSError():
                return str(files.explain(error, self._store.folder(self.request.id)))
            case MemoryError():
                return "The machine ran out of memory; a smaller batch_size, units or filters needs less."
        if is_exhausted(error):
            return "The device ran out of memory; a smaller batch_size, units or filters needs less."
        name = type(error).__name__
        return f"{name}: {error}".splitlines()[0][:300]

    def _publish(self, summary: TrainingSummary) -> Record:
        seconds = summary.seconds.model_copy(update={"startup": self.startup})
        record = Record.of(
            self.request,
            summary.model_copy(update={"seconds": seconds}),
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            environment=self._environment(),
        )
        with self._journal:
            try:
                if not self._held():
                    raise RecordExistsError(f"Run {record.id} was given up and is another worker's now.")
                retrying(lambda: self._store.publish(record))
            except RecordExistsError as error:
                traceback.print_exception(error)
                return next((run.record for run in self._store.read_many([record.id]) if run.record), record)
            ended = Ended(at=time.time(), event=record.status, epoch=record.epochs_run, reason=record.reason)
            try:
                self._journal.write(ended)
            except OSError as error:
                _log(error)  # nothing is lost: the record says all of it
        return record

    def _save(self, outcome: Outcome) -> None:
        import numpy as np

        run_id, keep = self.request.id, self.request.keep
        if keep == "all":
            self._publish_arrays(self._store.weights_path(run_id), np.savez, outcome.weights)
        if keep != "record":
            arrays = {"probabilities": outcome.probabilities, "digits": outcome.digits}
            self._publish_arrays(self._store.predictions_path(run_id), np.savez_compressed, arrays)

    def _publish_arrays(self, path: Path, save: Callable[..., None], arrays: dict[str, Any]) -> None:
        content = io.BytesIO()
        save(content, **arrays)
        with files.storage(path):
            # No view of it: where saving fails, collecting one can crash Python 3.12.1.
            files.publish(path, content.getvalue())

    def _environment(self) -> Environment:
        environment = provenance.environment(self.request.experiment.data)
        if not self._cache.warm:
            return environment
        return environment.model_copy(update=self._cache.engine().environment() | {"lanes": self.lanes})


def _log(error: Exception) -> None:
    """Print an error with its traceback to the worker's log, if that can be written."""
    with suppress(OSError, ValueError):
        traceback.print_exception(error)
