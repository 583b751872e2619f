"""From requests to records: one run by itself, or several as lanes of one compiled step."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mnist_lab.errors import EngineError
from mnist_lab.experiments.events import Event, Paused, PhaseStarted, Resumed
from mnist_lab.experiments.record import Record
from mnist_lab.workers.control import ControlFlags
from mnist_lab.workers.engine_cache import EngineCache
from mnist_lab.workers.run_writer import RunWriter

if TYPE_CHECKING:
    from mnist_lab.data.splits import Split
    from mnist_lab.training.engine import LanesEngine
    from mnist_lab.training.lanes import LanesTraining
    from mnist_lab.training.outcome import Outcome

_POLL_SECONDS = 0.05


class BackendUnavailableError(EngineError):
    """The backend cannot be loaded: no run of this worker can be trained, and none has begun."""


def execute(writer: RunWriter, cache: EngineCache, flags: ControlFlags) -> Record:
    """Train what was asked for and publish its record.

    Returns:
        The record, whatever became of the run.

    Raises:
        BackendUnavailableError: The run has not begun.
        StoreError: Not even the record could be written.
    """
    try:
        outcome = train(writer, cache, flags)
    except BackendUnavailableError:
        raise
    except Exception as error:  # noqa: BLE001 - see RunWriter.fail
        return writer.fail(error)
    return writer.close(outcome)


def execute_together(writers: Sequence[RunWriter], cache: EngineCache, flags: ControlFlags) -> Iterator[Record]:
    """Train several runs of one shape side by side, and publish the record of each when it ends.

    One that is paused pauses them all. One whose files cannot be written fails alone. Where memory runs out, those that
    have not ended start again, half as many at a time.

    Yields:
        Each record, once it is published.

    Raises:
        BackendUnavailableError: No run has begun.
        StoreError: The record of one could not be written.
    """
    yield from _Together(writers, cache, flags).records()


def train(writer: RunWriter, cache: EngineCache, flags: ControlFlags) -> Outcome:
    """Train one run, and write its events."""
    split = _get_ready([writer], cache)

    from mnist_lab.training.loop import Training

    request = writer.request
    training = Training(request.experiment, split, cache.engine(), measurements=request.measurements)
    for event in training.events():
        writer.write(event)
        _wait_while_paused([writer], flags, [0])
        if flags.stop():
            training.stop()
    return training.outcome


def _get_ready(writers: Sequence[RunWriter], cache: EngineCache) -> Split:
    begun = time.monotonic()
    if not cache.warm:
        for writer in writers:
            writer.write(PhaseStarted(at=time.time(), phase="importing"))
    try:
        cache.engine()
    except EngineError as error:
        raise BackendUnavailableError(str(error)) from error
    request = writers[0].request
    split = cache.split(request.experiment, request.data_file)
    for writer in writers:
        writer.startup = time.monotonic() - begun
    return split


def _wait_while_paused(writers: Sequence[RunWriter], flags: ControlFlags, runs: Sequence[int]) -> None:
    """Wait while a pause is requested for any of some runs, unless it is to stop."""

    def paused() -> bool:
        return any(flags.pause(run) and not flags.stop(run) for run in runs)

    if not paused():
        return
    for writer in writers:
        writer.write(Paused(at=time.time()))
    while paused():
        time.sleep(_POLL_SECONDS)
    for writer in writers:
        writer.write(Resumed(at=time.time()))


class _Together:
    def __init__(self, writers: Sequence[RunWriter], cache: EngineCache, flags: ControlFlags) -> None:
        self._writers = writers
        self._cache = cache
        self._flags = flags
        self._open = set(range(len(writers)))
        """The runs that have no record yet."""

    def records(self) -> Iterator[Record]:
        try:
            split = _get_ready(self._writers, self._cache)
            yield from self._train_all(split)
        except BackendUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - what is wrong with all ends all
            for run in sorted(self._open):
                yield self._fail(run, error)

    def _train_all(self, split: Split) -> Iterator[Record]:
        from mnist_lab.training.device_memory import is_exhausted

        lanes = len(self._writers)
        while self._open:
            group = sorted(self._open)[:lanes]
            try:
                yield from self._train(split, group)
                continue
            except Exception as error:
                if not is_exhausted(error):
                    raise
                if len(group) == 1:
                    yield self._fail(group[0], error)
                    continue
            # Only now, since the error holds the frames that hold the memory.
            gc.collect()
            lanes = (len(group) + 1) // 2
            print(f"The memory does not suffice for {len(group)} lanes; {lanes} at a time start again.", flush=True)

    def _train(self, split: Split, group: Sequence[int]) -> Iterator[Record]:
        """Train some of the runs in one step."""
        from mnist_lab.training.lanes import LanesTraining

        engine: LanesEngine = self._cache.engine()  # type: ignore[assignment]
        for run in group:
            self._writers[run].lanes = len(group)
        training = LanesTraining([self._writers[run].request.experiment for run in group], split, engine)
        look_at = 0.0
        for lane, event in training.events():
            if group[lane] in self._open and (broken := self._write(group[lane], event)):
                yield broken
                training.stop(lane)
            yield from self._close(training, group)
            if time.monotonic() >= look_at:
                self._obey_flags(training, group)
                look_at = time.monotonic() + _POLL_SECONDS
        yield from self._close(training, group)

    def _obey_flags(self, training: LanesTraining, group: Sequence[int]) -> None:
        live = {run: lane for lane, run in enumerate(group) if run in self._open}
        _wait_while_paused([self._writers[run] for run in live], self._flags, list(live))
        for run, lane in live.items():
            if self._flags.stop(run):
                training.stop(lane)

    def _write(self, run: int, event: Event) -> Record | None:
        try:
            self._writers[run].write(event)
            return None
        except OSError as error:
            return self._fail(run, error)

    def _fail(self, run: int, error: Exception) -> Record:
        self._open.discard(run)
        return self._writers[run].fail(error)

    def _close(self, training: LanesTraining, group: Sequence[int]) -> Iterator[Record]:
        """Publish the records of those of a group that have ended."""
        for lane, run in enumerate(group):
            if run in self._open and training.ended(lane):
                self._open.discard(run)
                yield self._writers[run].close(training.outcome(lane))
