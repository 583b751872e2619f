"""Selection of the run that counts among several of one training, for verdicts, curves, coverage and the report.

Runs are of one training where they have the same experiment and backend; a run whose backend is not known counts for
each backend. A run is an answer if it finished or diverged and has the required measurements. Of several answers the
one requested first counts. So a diverged training remains an answer, and repeating a training cannot change a verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from mnist_lab.experiments.experiment import Experiment
from mnist_lab.experiments.record import Backend

DEFAULT_BACKEND: Backend = "tensorflow"
"""Backend of a study that names none, and of all runs that the report's claims are judged by."""

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
        """Keras's backend; empty where that is not known."""
        ...

    @property
    def measurements(self) -> frozenset[str]:
        """Names of the additional measurements that were or will be taken."""
        ...


class Trained(Candidate, Protocol):
    """A candidate whose experiment is known."""

    @property
    def experiment(self) -> Experiment: ...


C = TypeVar("C", bound=Candidate)
T = TypeVar("T", bound=Trained)


def on_backend(run: Candidate, backend: str = DEFAULT_BACKEND) -> bool:
    """Whether a run counts for a backend."""
    return run.backend in (backend, "")


def backend_of(run: Candidate) -> Backend:
    """The backend that a run counts for."""
    return "jax" if run.backend == "jax" else DEFAULT_BACKEND


def is_answer(run: Candidate, measurements: frozenset[str] = NO_MEASUREMENTS) -> bool:
    """Whether a run finished or diverged and has some measurements.

    One that diverged is an answer whatever it measured, since repeating it would not measure more.
    """
    return run.status == "diverged" or (run.status == "finished" and measurements <= run.measurements)


def first_answer(runs: Iterable[C], measurements: frozenset[str] = NO_MEASUREMENTS) -> C | None:
    """The run that counts among those of one training on one backend; None where none is an answer."""
    return min((run for run in runs if is_answer(run, measurements)), key=lambda run: run.id, default=None)


def answers_by_seed(runs: Iterable[T], measurements: frozenset[str] = NO_MEASUREMENTS) -> dict[int, T]:
    """The runs that count of one recipe on one backend, by seed, lowest first.

    Args:
        runs: Runs that differ only in their seeds.
        measurements: Names of the measurements that they must have.
    """
    found: dict[int, T] = {}
    for run in runs:
        if is_answer(run, measurements):
            seed = run.experiment.seed
            if seed not in found or run.id < found[seed].id:
                found[seed] = run
    return dict(sorted(found.items()))
