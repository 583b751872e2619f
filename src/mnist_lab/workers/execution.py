"""From requests to records: one run by itself, or several as lanes of one compiled step."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mnist_lab.experiments.events import Event, Paused, PhaseStarted, Resumed
from mnist_lab.experiments.record import Record, Request
from mnist_lab.store import Store
from mnist_lab.workers.engine_cache import Workbench
from mnist_lab.workers.run_writer import Account

if TYPE_CHECKING:
    from mnist_lab.data.dataset import Split
    from mnist_lab.training.engine import LanesEngine
    from mnist_lab.training.lanes import LanesTraining
    from mnist_lab.training.outcome import Outcome

_POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Wishes:
    """What others want of a run, asked at the end of each compiled call."""

    stop: Callable[[], bool]
    pause: Callable[[], bool]


def execute(store: Store, request: Request, bench: Workbench, wishes: Wishes) -> Record:
    """Train what was asked for and publish its record.

    Returns:
        The record, whatever became of the run.

    Raises:
        StoreError: Not even the record could be written.
    """
    account = Account(store, request, bench)
    try:
        outcome = _train(account, bench, wishes)
    except Exception as error:  # noqa: BLE001 - see Account.fail
        return account.fail(error)
    return account.close(outcome)


def execute_together(
    store: Store, requests: Sequence[Request], bench: Workbench, wishes: Sequence[Wishes]
) -> Iterator[Record]:
    """Train several runs of one shape side by side, and publish the record of each when it ends.

    One that is paused pauses them all. One whose files cannot be written fails alone.

    Yields:
        Each record, once it is published.

    Raises:
        StoreError: The record of one could not be written.
    """
    yield from _Together(store, requests, bench, wishes).records()


def _train(account: Account, bench: Workbench, wishes: Wishes) -> Outcome:
    split = _get_ready([account], bench)

    from mnist_lab.training.loop import Training

    request = account.request
    training = Training(
        request.experiment,
        split,
        bench.engine(),
        gradient_norms=request.gradient_norms,
        test_curve=request.test_curve,
    )
    for event in training.events():
        account.write(event)
        _wait_while_paused([account], [wishes])
        if wishes.stop():
            training.stop()
    return training.outcome


def _get_ready(accounts: Sequence[Account], bench: Workbench) -> Split:
    begun = time.monotonic()
    if not bench.warm:
        for account in accounts:
            account.write(PhaseStarted(at=time.time(), phase="importing"))
    bench.engine()
    request = accounts[0].request
    split = bench.split(request.experiment, request.data_file)
    for account in accounts:
        account.startup = time.monotonic() - begun
    return split


def _wait_while_paused(accounts: Sequence[Account], wishes: Sequence[Wishes]) -> None:
    """Wait while a pause is wished for any of some runs, unless it is to stop."""

    def paused() -> bool:
        return any(wish.pause() and not wish.stop() for wish in wishes)

    if not paused():
        return
    for account in accounts:
        account.write(Paused(at=time.time()))
    while paused():
        time.sleep(_POLL_SECONDS)
    for account in accounts:
        account.write(Resumed(at=time.time()))


class _Together:
    def __init__(self, store: Store, requests: Sequence[Request], bench: Workbench, wishes: Sequence[Wishes]) -> None:
        self._accounts = [Account(store, request, bench, lanes=len(requests)) for request in requests]
        self._bench = bench
        self._wishes = wishes
        self._open = set(range(len(requests)))
        """The runs that have no record yet."""

    def records(self) -> Iterator[Record]:
        try:
            split = _get_ready(self._accounts, self._bench)
            yield from self._train(split)
        except Exception as error:  # noqa: BLE001 - what is wrong with all ends all
            for run in sorted(self._open):
                yield self._accounts[run].fail(error)

    def _train(self, split: Split) -> Iterator[Record]:
        from mnist_lab.training.lanes import LanesTraining

        engine: LanesEngine = self._bench.engine()  # type: ignore[assignment]
        training = LanesTraining([account.request.experiment for account in self._accounts], split, engine)
        look_at = 0.0
        for run, event in training.events():
            if run in self._open and (broken := self._write(run, event)):
                yield broken
                training.stop(run)
            ended = [other for other in self._open if training.ended(other)]
            yield from self._close(training, ended)
            if time.monotonic() >= look_at:
                self._heed_wishes(training)
                look_at = time.monotonic() + _POLL_SECONDS
        yield from self._close(training, sorted(self._open))

    def _heed_wishes(self, training: LanesTraining) -> None:
        live = sorted(self._open)
        _wait_while_paused([self._accounts[run] for run in live], [self._wishes[run] for run in live])
        for run in live:
            if self._wishes[run].stop():
                training.stop(run)

    def _write(self, run: int, event: Event) -> Record | None:
        try:
            self._accounts[run].write(event)
            return None
        except OSError as error:
            self._open.discard(run)
            return self._accounts[run].fail(error)

    def _close(self, training: LanesTraining, runs: Sequence[int]) -> Iterator[Record]:
        for run in runs:
            self._open.discard(run)
            yield self._accounts[run].close(training.outcome(run))
