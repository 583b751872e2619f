"""One run from request to record: its journal, its weights and predictions, whatever happens in between."""

from __future__ import annotations

import io
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_lab.errors import DataError, LabError
from mnist_lab.events import Ended, EpochEnded, Paused, PhaseStarted, RecordStatus, Resumed
from mnist_lab.experiment import MNIST_CHECKSUM, Experiment
from mnist_lab.record import METRICS, Record, Request, Seconds, without_training
from mnist_lab.store import Store, files
from mnist_lab.store.journal import JournalWriter
from mnist_lab.worker import provenance

if TYPE_CHECKING:
    from mnist_lab.dataset import Split
    from mnist_lab.training.engine import Engine
    from mnist_lab.training.loop import Outcome

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Wishes:
    """What others want of a run, asked at the end of each compiled call."""

    stop: Callable[[], bool]
    pause: Callable[[], bool]


class Bench:
    """What stays on the workbench between runs: the backend, and the images last used."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads
        self._engine: Engine | None = None
        self._splits: dict[tuple[Any, ...], Split] = {}

    @property
    def warm(self) -> bool:
        return self._engine is not None

    @property
    def device(self) -> str:
        return "" if self._engine is None else str(self._engine.environment()["device"])

    def engine(self) -> Engine:
        """The backend, imported at the first call (seconds).

        Raises:
            EngineError: It cannot be loaded.
        """
        if self._engine is None:
            from mnist_lab.training.engine import load_engine

            self._engine = load_engine(self._threads)
        return self._engine

    def split(self, experiment: Experiment, data_file: Path | None) -> Split:
        """The images of an experiment.

        Raises:
            DataError: They are missing or damaged.
            UsageError: There are fewer than the experiment asks for.
        """
        from mnist_lab import dataset

        key = (experiment.data, experiment.protocol, experiment.train_size, experiment.permute_pixels)
        if key not in self._splits:
            if data_file is None and experiment.data != MNIST_CHECKSUM:
                raise DataError(
                    f"The images {experiment.data[:12]} are not the lab's own; name their file with --data."
                )
            digits = dataset.load(experiment.data, data_file)
            self._splits = {key: dataset.split(digits, *key[1:])}
        return self._splits[key]


def execute(store: Store, request: Request, bench: Bench, wishes: Wishes) -> Record:
    """Train what was asked for and publish its record.

    Returns:
        The record, whatever became of the run.

    Raises:
        StoreError: Not even the record could be written.
    """
    return _Execution(store, request, bench, wishes).run()


class _Execution:
    def __init__(self, store: Store, request: Request, bench: Bench, wishes: Wishes) -> None:
        self._store = store
        self._request = request
        self._bench = bench
        self._wishes = wishes
        self._started_at = datetime.now(UTC)
        self._startup = 0.0
        self._epochs: list[EpochEnded] = []
        self._outcome: Outcome | None = None

    def run(self) -> Record:
        with files.storage(self._store.folder(self._request.id)):
            journal = JournalWriter(self._store.journal_path(self._request.id))
        with journal:
            record = self._record(*self._attempt(journal))
            self._store.publish(record)
            ended = Ended(at=time.time(), event=record.status, epoch=record.epochs_run, reason=record.reason)
            try:
                journal.write(ended)
            except OSError:
                traceback.print_exc()  # nothing is lost: the record says all of it
        return record

    def _attempt(self, journal: JournalWriter) -> tuple[RecordStatus, str]:
        try:
            self._outcome = self._train(journal)
            journal.write(PhaseStarted(at=time.time(), phase="saving"))
            self._save(self._outcome)
            return self._outcome.status, self._outcome.reason
        except LabError as error:
            traceback.print_exc()
            return "failed", str(error)
        except OSError as error:
            traceback.print_exc()
            return "failed", str(files.explain(error, self._store.folder(self._request.id)))
        except MemoryError:
            traceback.print_exc()
            return "failed", "The machine ran out of memory; a smaller batch_size, units or filters needs less."
        except Exception as error:  # noqa: BLE001 - a bug or the backend's own complaint ends the run, not the queue
            traceback.print_exc()
            return "failed", f"{type(error).__name__}: {error}".splitlines()[0][:300]

    def _train(self, journal: JournalWriter) -> Outcome:
        begun = time.monotonic()
        if not self._bench.warm:
            journal.write(PhaseStarted(at=time.time(), phase="importing"))
        engine = self._bench.engine()
        data_file = self._request.data_file
        split = self._bench.split(self._request.experiment, None if data_file is None else Path(data_file))
        self._startup = time.monotonic() - begun

        from mnist_lab.training.loop import Training

        training = Training(self._request.experiment, split, engine)
        for event in training.events():
            journal.write(event)
            if isinstance(event, EpochEnded):
                self._epochs.append(event)
            if self._wishes.pause():
                self._wait(journal)
            if self._wishes.stop():
                training.stop()
        return training.outcome

    def _wait(self, journal: JournalWriter) -> None:
        journal.write(Paused(at=time.time()))
        while self._wishes.pause() and not self._wishes.stop():
            time.sleep(_POLL_SECONDS)
        journal.write(Resumed(at=time.time()))

    def _save(self, outcome: Outcome) -> None:
        import numpy as np

        keep = self._request.keep
        if keep == "all":
            self._publish_arrays(self._store.weights_path(self._request.id), np.savez, outcome.weights)
        if keep != "record":
            arrays = {"probabilities": outcome.probabilities, "digits": outcome.digits}
            self._publish_arrays(self._store.predictions_path(self._request.id), np.savez_compressed, arrays)

    def _publish_arrays(self, path: Path, save: Callable[..., None], arrays: dict[str, Any]) -> None:
        content = io.BytesIO()
        save(content, **arrays)
        with files.storage(path):
            files.publish(path, content.getbuffer())

    def _record(self, status: RecordStatus, reason: str) -> Record:
        environment = provenance.environment(self._request.experiment.data)
        if self._bench.warm:
            environment = environment.model_copy(update=self._bench.engine().environment())
        record = without_training(
            self._request,
            status,
            reason,
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            environment=environment,
        )
        outcome = self._outcome
        if outcome is None:
            history = {metric: [getattr(epoch, metric) for epoch in self._epochs] for metric in METRICS}
            per_epoch = tuple(epoch.seconds for epoch in self._epochs)
            seconds = Seconds(startup=self._startup, train=sum(per_epoch), per_epoch=per_epoch)
            return record.model_copy(update={"history": history, "epochs_run": len(per_epoch), "seconds": seconds})
        return record.model_copy(
            update={
                "history": outcome.history,
                "epochs_run": outcome.epochs_run,
                "best_epoch": outcome.best_epoch,
                "stopped_early": outcome.stopped_early,
                "result": outcome.result,
                "seconds": outcome.seconds.model_copy(update={"startup": self._startup}),
                "model": outcome.model,
            }
        )
