"""``mnist-lab reproduce``: train what the report's claims still lack, and judge them."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from mnist_lab.commands.inputs import open_store, placement_here, seconds_of
from mnist_lab.commands.lost_hosts import give_up_lost, lost_after_seconds
from mnist_lab.commands.options import AsJson, LostAfter, Runs, Threads, Workers
from mnist_lab.commands.output import narration, say
from mnist_lab.commands.report import Epochs, Folder, SectionName, print_written
from mnist_lab.commands.watching import interrupts_collected, watch
from mnist_lab.errors import ExitCode, LabError
from mnist_lab.experiments.plan import Planned
from mnist_lab.formatting import duration
from mnist_lab.report import reproduction
from mnist_lab.report.material import from_store
from mnist_lab.report.pages import claims_shown, write
from mnist_lab.report.reproduction import ReproductionPlan, withdraw_queued
from mnist_lab.runs.coverage import RunsByTraining, cover
from mnist_lab.runs.estimates import seconds_for
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.runs.study_requests import request_study
from mnist_lab.store import Run, Store
from mnist_lab.workers.placement import Placement


def reproduce(
    seeds: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Seeds 0 to N-1 of each network.")] = 5,
    conv_seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=10_000,
            help="Of convolutional networks, which take far longer [default: as many].",
            show_default=False,
        ),
    ] = None,
    section: SectionName = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Train no more than there is time for: 20m, 2h, 1h30m [default: all that is lacking].",
            show_default=False,
        ),
    ] = None,
    epochs: Epochs = None,
    out: Folder = Path("report"),
    workers: Workers = None,
    threads: Threads = None,
    lost_after: LostAfter = None,
    runs: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Train what the report's claims still lack, and judge them.

    \b
    Examples:
      mnist-lab reproduce --budget 20m
      mnist-lab reproduce --section activation --seeds 5
      mnist-lab reproduce --seeds 20 --conv-seeds 5 --out reproduction

    \b
    What the runs folder holds already is not trained again. Dense networks come first, seed by seed, so that every
    claim can be judged early. Ctrl-C saves what is being trained; the same command continues from there.
    """
    placement = placement_here(workers, threads)
    plan = ReproductionPlan(claims_shown(section), seeds, conv_seeds, epochs)
    ends_at = math.inf if budget is None else time.monotonic() + seconds_of(budget, "--budget")
    silence = lost_after_seconds(lost_after)
    store = open_store(runs)
    store.prepare()
    give_up_lost(store, silence)
    with interrupts_collected() as interrupts:
        asked = _train(store, plan, placement, ends_at, interrupts, silence)
    if len(interrupts) > 1:
        raise typer.Exit(ExitCode.STOPPED)
    written = write(out, from_store(store, plan.claims, epochs), section)
    failed = [run for run in store.read_many(asked) if run.status in ("failed", "died", "damaged", "unreadable")]
    for run in failed:
        say(f"{run.id} {run.status}: {run.reason}")
    plans = plan.plans()
    if left := len(plans) - len(cover(plans, RunsByTraining(store.runs())).used):
        say(f"{left} of the trainings are lacking; the same command trains them.")
    print_written(written, as_json=as_json)
    if interrupts:
        raise typer.Exit(ExitCode.STOPPED)
    raise typer.Exit(ExitCode.RUN_FAILED if failed else ExitCode.DONE)


def _train(
    store: Store,
    plan: ReproductionPlan,
    placement: Placement,
    ends_at: float,
    interrupts: list[int],
    lost_after: float | None,
) -> list[str]:
    """Train what is lacking, as far as the time goes. Returns the ids of the runs that were asked for."""
    plans = plan.plans()
    asked: list[str] = []
    tried: set[Planned] = set()  # what fails is not asked for twice

    def views_of(runs: Iterable[Run]) -> list[RunSnapshot]:
        return [RunSnapshot.of(run) for run in runs if run.record is not None]

    def affordable(missing: Sequence[Planned], known: Sequence[Run]) -> Sequence[Planned]:
        wanted = [planned for planned in missing if planned not in tried]
        if ends_at == math.inf:
            return wanted
        return reproduction.affordable(wanted, views_of(known), placement, ends_at - time.monotonic())

    while not interrupts:
        found = request_study(store, plans, placement, keep="predictions", choose=affordable)
        live = {planned: run for planned, run in found.coverage.live.items() if planned not in tried}
        if not found.requested and not live:
            break
        tried.update(live, (planned for planned, _ in found.requested))
        asked += found.ids
        labels = {run.id: planned.label for planned, run in live.items()}
        labels |= {request.id: planned.label for planned, request in found.requested}
        others = {run.id for run in live.values() if run.spec is None or run.spec.study != reproduction.STUDY}
        ours = [run_id for run_id in labels if run_id not in others]
        summary = _progress(len(plans), len(found.coverage.used), views_of(found.known), placement)
        with _no_longer_than(store, ours, ends_at):
            watch(
                store,
                labels,
                narration(),
                interrupts,
                placement,
                ours=True,
                others=others,
                summary=summary,
                lost_after=lost_after,
            )
        reproduction.remove_unstarted(store, ours)
    return asked


def _progress(
    wanted: int, there: int, known: list[RunSnapshot], placement: Placement
) -> Callable[[Mapping[str, RunSnapshot]], str]:
    """What to say of the whole while some of its trainings are watched.

    Args:
        wanted: How many trainings there are to be.
        there: How many there were before.
        known: Runs that were trained here, from which the time for the rest is estimated.
        placement: How trainings are divided among workers here.
    """

    def line(views: Mapping[str, RunSnapshot]) -> str:
        done = there + sum(view.status in ("finished", "diverged") for view in views.values())
        running = [view for view in views.values() if view.status == "running"]
        waiting = [view.experiment for view in views.values() if view.status == "queued" and view.experiment]
        seconds = seconds_for(waiting, [*known, *views.values()], placement, running)
        return f"{done} of {wanted} trainings are there" + (f", about {duration(seconds)} to go" if seconds else "")

    return line


@contextmanager
def _no_longer_than(store: Store, run_ids: list[str], ends_at: float) -> Iterator[None]:
    """Have no more of some runs begun once the time is up."""

    def stop() -> None:
        with suppress(LabError):  # then they are trained after all
            withdraw_queued(store, run_ids)

    if ends_at == math.inf:
        yield
        return
    clock = threading.Timer(max(0.0, ends_at - time.monotonic()), stop)
    clock.daemon = True
    clock.start()
    try:
        yield
    finally:
        clock.cancel()
