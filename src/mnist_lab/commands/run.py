"""``mnist-lab run``: ask for trainings, and watch them to their end."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mnist_lab.analysis.statistics.wording import single_run
from mnist_lab.commands.completion import complete_preset, complete_run, complete_section, complete_setting
from mnist_lab.commands.inputs import open_store, placement_here
from mnist_lab.commands.lost_hosts import give_up_lost, lost_after_seconds
from mnist_lab.commands.measurement_options import with_measurement_options
from mnist_lab.commands.options import AsJson, BackendChoice, Lanes, LostAfter, Runs, Threads, Workers
from mnist_lab.commands.output import narrate, narration, out, print_json, run_as_json, say
from mnist_lab.commands.studying import StudyPrinter
from mnist_lab.commands.watching import interrupts_collected, watch
from mnist_lab.errors import DamagedRunError, ExitCode, UsageError
from mnist_lab.experiments import plan, sections
from mnist_lab.experiments.experiment import DEFAULT, MNIST_CHECKSUM
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.presets import preset
from mnist_lab.experiments.record import Record
from mnist_lab.experiments.study import of_plans
from mnist_lab.render.tables import results_table, selection_note
from mnist_lab.runs.progress import read_run
from mnist_lab.runs.study_requests import request_study
from mnist_lab.store import Store
from mnist_lab.store.ids import short_ends
from mnist_lab.workers.pool import WorkerPool


class KeepChoice(StrEnum):
    """What is kept of a run."""

    all = "all"
    predictions = "predictions"
    record = "record"


@with_measurement_options
def run(
    preset: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A network of the report; may be repeated.", autocompletion=complete_preset),
    ] = None,
    section: Annotated[
        str | None, typer.Option(metavar="NAME", help="All networks of a question.", autocompletion=complete_section)
    ] = None,
    like: Annotated[
        str | None, typer.Option(metavar="ID", help="What a saved run was.", autocompletion=complete_run)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="FIELD=VALUE", help="Change a field; may be repeated.", autocompletion=complete_setting
        ),
    ] = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=V1,V2", help="Spread over values; may be repeated.", autocompletion=complete_setting
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="The seed [default: 0].", show_default=False)] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=10_000, help="Seeds 0 to N-1; a section or --vary with two or more is a study."
        ),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(metavar="N", help="Epochs, at most [default: 20].", show_default=False)
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Other images, an .npz laid out as mnist.npz.", readable=False)
    ] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Kept with the runs.")] = "",
    tag: Annotated[list[str] | None, typer.Option(metavar="TEXT", help="Kept with the runs; may be repeated.")] = None,
    keep: Annotated[
        KeepChoice, typer.Option(help="Keep weights and predictions, predictions alone, or the record alone.")
    ] = KeepChoice.all,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train all of a study, also what the folder has of it already.")
    ] = False,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Compare every arm of the study with every other, not with the first alone.")
    ] = False,
    margin: Annotated[
        float | None,
        typer.Option(
            metavar="POINTS", help="The least difference in accuracy that matters [default: 0.1].", show_default=False
        ),
    ] = None,
    measurements: frozenset[str] = frozenset(),
    detach: Annotated[bool, typer.Option("--detach", help="Return at once and leave it running.")] = False,
    backend: Annotated[
        BackendChoice, typer.Option(help="What Keras runs on; jax trains many seeds at once on a GPU.")
    ] = BackendChoice.tensorflow,
    workers: Workers = None,
    threads: Threads = None,
    lanes: Lanes = None,
    lost_after: LostAfter = None,
    runs: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Train one network or several, and watch.

    \b
    Examples:
      mnist-lab run --preset early-stopping
      mnist-lab run --section activation --epochs 5
      mnist-lab run --set units=64 --set dropout=0.2 --note "small and noisy"
      mnist-lab run --preset conv --vary precision=float32,bfloat16 --seeds 3
      mnist-lab run --section overfitting --detach
      mnist-lab run --section activation --seeds 5

    \b
    What to train is --preset, --section, --like, or nothing: the default network.
    --section or --vary with --seeds 2 or more is a study: what the folder has of it is used, only the rest is
    trained, and more seeds are added by asking again. `mnist-lab study show ID` judges it.
    Ctrl-C stops gently and saves; a second Ctrl-C kills those of your workers that train these runs. Closing the
    terminal stops nothing: `mnist-lab runs watch ID` picks it up again.
    """
    placement = placement_here(workers, threads, lanes)
    silence = lost_after_seconds(lost_after)
    store = open_store(runs)
    arms = [
        replace(arm, measurements=measurements)
        for arm in _arms(store, preset, section, like, settings, vary, seed, seeds, epochs, data)
    ]
    is_study = seeds is not None and seeds > 1 and bool(section or vary)
    if not is_study and (pairs or margin is not None):
        raise UsageError("--pairs and --margin are about a study: --section or --vary, with --seeds 2 or more.")
    if margin is not None and not 0 < margin <= 100:
        raise UsageError(f"--margin is the least difference that matters, in points: above 0, and not {margin:g}.")
    plans = arms if seeds is None else plan.seeded(arms, range(seeds))
    store.prepare()
    if not store.locks_work:
        say("File locks do not work in this folder; the lab detects dead workers by their process ids instead.")
    give_up_lost(store, silence)
    study = None
    if is_study and seeds is not None:
        stated = {"family": "pairs" if pairs else None, "margin": margin and margin / 100}
        study = of_plans(arms, range(seeds), backend.value, **stated)
    with interrupts_collected() as interrupts:  # from the first request on: what was asked for must not continue unseen
        asked = request_study(
            store,
            plans,
            placement,
            study,
            backend=backend.value,
            fresh=fresh or study is None,
            note=_as_typed(note),
            tags=[_as_typed(one) for one in tag or ()],
            keep=keep.value,
            data_file=data,
        )
        printer = None if asked.study is None else StudyPrinter(asked, asked.study, placement)
        if printer is not None:
            printer.announce()
        labels = asked.labels
        if detach and labels:
            WorkerPool(store, placement).ensure()
            _print_detached(store, labels, as_json)
            return
        code = ExitCode.DONE
        if labels:
            others = labels.keys() - asked.ids
            summary = None if printer is None else printer.line
            code = watch(
                store,
                labels,
                narration(),
                interrupts,
                placement,
                ours=True,
                others=others,
                summary=summary,
                lost_after=silence,
            )
    _print_results(store, labels, as_json, printer)
    raise typer.Exit(code)


def _as_typed(text: str) -> str:
    """An argument as the text that it was, also where the locale could not read it."""
    return os.fsencode(text).decode(errors="replace")


def _arms(
    store: Store,
    presets: list[str] | None,
    section: str | None,
    like: str | None,
    settings: list[str] | None,
    vary: list[str] | None,
    seed: int | None,
    seeds: int | None,
    epochs: int | None,
    data: Path | None,
) -> list[Planned]:
    """What the options ask for, in order; ``seeds`` is yet to multiply it.

    Raises:
        UsageError: They contradict each other, or one of them is wrong.
        DataError: The images named are not what they must be.
        DamagedRunError: What the run named was cannot be read.
    """
    if sum(1 for chosen in (presets, section, like) if chosen) > 1:
        raise UsageError("--preset, --section and --like each say what to train; give one of them.")
    if seed is not None and seeds is not None:
        raise UsageError("--seed gives one seed, --seeds N the seeds 0 to N-1; give one of them.")
    changes = plan.parse_settings(settings or ())
    for name, value in (("epochs", epochs), ("seed", seed)):
        if value is not None:
            if name in changes:
                raise UsageError(f"--{name} and --set {name}= say the same; give one of them.")
            changes[name] = str(value)
    variations = plan.parse_variations(vary or ())
    if data is not None:
        from mnist_lab.data import dataset  # loads numpy, which nothing else here needs

        changes["data"] = dataset.import_npz(data)

    base = None if like is None else store.read(store.resolve(like)).spec
    if presets:
        plans = plan.from_presets(presets)
    elif section is not None:
        chosen = sections.section(section)
        for name in (*changes, *variations):
            if name in chosen.factor:
                raise UsageError(
                    f"Section {section} is about {name} itself; leave {name} out, or use --vary without --section."
                )
        plans = plan.from_section(chosen)
        for name in chosen.presets:
            same = sections.arm_of(chosen, preset(name))
            if same != name:
                say(f"{name} is the same experiment as {same}: it is trained once.")
    elif like is not None:
        if base is None:
            raise DamagedRunError(
                f"What run {like} was is not known: its files are damaged or cannot be read. Name a preset instead."
            )
        plans = [plan.from_experiment(base.experiment)]
    else:
        plans = [plan.from_experiment(DEFAULT)]
    for name in variations:
        if name in changes:
            raise UsageError(f"{name} is both set and varied; do one of them.")
    if "seed" in variations and seeds is not None:
        raise UsageError("--seeds and --vary seed= say the same; give one of them.")
    return plan.varied(plan.with_settings(plans, changes), variations)


def _print_detached(store: Store, labels: dict[str, str], as_json: bool) -> None:
    if as_json:
        print_json({"schema": 1, "runs": [{"id": run_id, "status": "queued"} for run_id in labels]})
        return
    shorts = short_ends(list(labels))
    for run_id, label in labels.items():
        typer.echo(f"{run_id}  {label}")
    say(f"Training continues in {store.root}; `mnist-lab runs watch {' '.join(shorts.values())}` shows it.")


def _print_results(store: Store, labels: dict[str, str], as_json: bool, study: StudyPrinter | None) -> None:

    ended = [read_run(store, run_id) for run_id in labels]
    if as_json:
        runs = ended if study is None else study.runs(ended)
        result = {"schema": 1, "runs": [run_as_json(run) for run in runs]}
        print_json(result if study is None else result | {"study": study.as_json(ended)})
        return
    if study is not None:
        study.show(ended)
    else:
        _print_runs([run.record for run in ended if run.record is not None], labels)
    if any(run.record is not None for run in ended):
        say(f"Saved in {store.root}.")
    for run in ended:
        if run.reason:
            say(f"{labels[run.id]} {run.status}: {run.reason}")


def _print_runs(records: Sequence[Record], labels: dict[str, str]) -> None:
    """Print runs that are no study; of a lone one, how far the choice of test images moves its accuracy."""
    if not records:
        return
    out().print(results_table(records, labels))
    narrate(selection_note(records))
    [*others, last] = records
    if not others and last.result.test_accuracy is not None and last.experiment.data == MNIST_CHECKSUM:
        narrate(f"Test accuracy: {single_run(last.result.test_accuracy)}")
