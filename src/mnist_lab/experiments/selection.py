"""Which of several runs of one training counts: the one rule of verdicts, curves, coverage and the report.

A run is one of a training where it trains the same experiment on the same backend; a run whose backend is not known
counts for each. It answers once it has finished or diverged, and has measured what is wanted beside training. Of
several answers the first that was asked for counts. So a training that diverged stays an answer, and one that is
repeated cannot change a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Backend

DEFAULT_BACKEND: Backend = "tensorflow"
"""That of a study which names no other, and of all that the report's claims are judged by."""

NO_MEASUREMENTS: frozenset[str] = frozenset()


class Candidate(Protocol):
    """A run that may count: a record, a run as its folder shows it, or a snapshot of one."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def experiment(self) -> Experiment | None: ...
    @property
    def backend(self) -> str:
        """What Keras runs on; empty where that is not known."""
        ...

    @property
    def measurements(self) -> frozenset[str]:
        """What is measured beside training, or was."""
        ...


class Trained(Candidate, Protocol):
    """A candidate of which it is known what was trained."""

    @property
    def experiment(self) -> Experiment: ...


C = TypeVar("C", bound=Candidate)
T = TypeVar("T", bound=Trained)


def on_backend(run: Candidate, backend: str = DEFAULT_BACKEND) -> bool:
    """Whether a run counts for what is asked of a backend."""
    return run.backend in (backend, "")


def backend_of(run: Candidate) -> Backend:
    """The backend that a run stands for where none is asked about."""
    return "jax" if run.backend == "jax" else DEFAULT_BACKEND


def is_answer(run: Candidate, measurements: frozenset[str] = NO_MEASUREMENTS) -> bool:
    """Whether a run says what came of its training, and has measured some measurements.

    One that diverged is an answer whatever it measured: no repetition would measure more.
    """
    return run.status == "diverged" or (run.status == "finished" and measurements <= run.measurements)


def first_answer(runs: Iterable[C], measurements: frozenset[str] = NO_MEASUREMENTS) -> C | None:
    """The run that counts among those of one training on one backend; None where none has answered."""
    return min((run for run in runs if is_answer(run, measurements)), key=lambda run: run.id, default=None)


def answers_by_seed(runs: Iterable[T], measurements: frozenset[str] = NO_MEASUREMENTS) -> dict[int, T]:
    """The runs that count of one recipe on one backend, by their seeds, lowest first.

    Args:
        runs: Any that differ in their seeds alone.
        measurements: What they must have measured beside training.
    """
    found: dict[int, T] = {}
    for run in runs:
        if is_answer(run, measurements):
            seed = run.experiment.seed
            if seed not in found or run.id < found[seed].id:
                found[seed] = run
    return dict(sorted(found.items()))
