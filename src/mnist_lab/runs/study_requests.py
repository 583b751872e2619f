"""Ask for trainings: declare the study that they are, find what the folder has of them, and request the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import Backend, Keep, Request
from mnist_lab.experiments.selection import DEFAULT_BACKEND
from mnist_lab.experiments.study import Study
from mnist_lab.runs import requests
from mnist_lab.runs.coverage import Coverage, RunsByTraining, cover
from mnist_lab.store import Run, Store, registry, studies
from mnist_lab.training.loading import check_installed
from mnist_lab.workers.placement import Placement

Choose = Callable[[Sequence[Planned], Sequence[Run]], Sequence[Planned]]
"""From the trainings that no run answers or will, and the runs there are, to the trainings to request now."""


@dataclass(frozen=True)
class StudyRequest:
    """Trainings that were asked for, and what became of each.

    Attributes:
        study: The study that they are part of, as it is kept now, with all seeds that were ever asked for; None where
            none was declared.
        known: The runs that were looked at before anything was requested, in the order they were asked for.
        coverage: What of the trainings those answer, or will.
        requested: The others, or those of them that were chosen, each with the request that was made for it.
    """

    study: Study | None
    known: Sequence[Run]
    coverage: Coverage[Run]
    requested: Sequence[tuple[Planned, Request]]

    @property
    def ids(self) -> list[str]:
        """The runs that were requested, in their order."""
        return [request.id for _, request in self.requested]

    @property
    def labels(self) -> dict[str, str]:
        """What to call each run that is still to end, by its id: those under way already, then those requested."""
        live = {run.id: planned.label for planned, run in self.coverage.live.items()}
        return live | {request.id: planned.label for planned, request in self.requested}


def request_study(
    store: Store,
    plans: Sequence[Planned],
    placement: Placement,
    study: Study | None = None,
    *,
    backend: Backend = DEFAULT_BACKEND,
    fresh: bool = False,
    among: Sequence[str] | None = None,
    choose: Choose | None = None,
    note: str = "",
    tags: Sequence[str] = (),
    keep: Keep = "all",
    data_file: Path | None = None,
) -> StudyRequest:
    """Ask for trainings: use the runs that answer them or will, and request the others.

    Args:
        store: The runs folder.
        plans: The trainings, in the order in which to train them.
        placement: How trainings are divided among workers here.
        study: The study to declare, of which ``plans`` are all or some; None: no study.
        backend: What Keras is to run on; of a study its own.
        fresh: Use no run that is there, and request all.
        among: The ids of the runs to look at, where it is known which train one of ``plans``; None: all there are.
        choose: Which of the trainings that are missing to request now; None: all of them.
        note: Kept with each run, as are ``tags``.
        tags: Labels to keep with each run.
        keep: What is kept of each run.
        data_file: Where the images are, if not the lab's own.

    Raises:
        EngineError: The backend is not installed here, and no worker of the folder has it. Nothing is requested.
        StoreError: The study or a request could not be written; the requests before it are made.

    Example:
        >>> asked = request_study(store, study_plans, Placement.here(), of_plans(arms, range(5)))
        >>> len(asked.coverage.used), len(asked.requested)
        (12, 8)
    """
    backend = backend if study is None else study.backend
    if not any(worker.kind.backend == backend for worker in registry.workers(store.root)):
        check_installed(backend)
    if study is not None:
        study = studies.declare(store, study)
    known: Sequence[Run] = ()
    if study is not None or not fresh:
        known = store.runs() if among is None else store.read_many(sorted(among))
    coverage = cover(plans, RunsByTraining(() if fresh else known), backend)
    missing = coverage.missing if choose is None else choose(coverage.missing, known)
    asked = requests.ask_all(
        store, missing, placement, note=note, tags=tags, keep=keep, backend=backend, data_file=data_file
    )
    return StudyRequest(study, known, coverage, list(zip(missing, asked, strict=True)))
