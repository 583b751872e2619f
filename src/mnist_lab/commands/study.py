"""``mnist-lab study``: list studies, judge one, and measure what choosing on the test images adds."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from mnist_lab.analysis.statistics.metrics import run_metric
from mnist_lab.analysis.statistics.optimism import by_recipe, sentence
from mnist_lab.analysis.statistics.verdicts import as_json as plain
from mnist_lab.analysis.statistics.verdicts import judge_study
from mnist_lab.commands.completion import complete_metric, complete_study
from mnist_lab.commands.inputs import open_store
from mnist_lab.commands.lost_hosts import give_up_lost, lost_after_seconds
from mnist_lab.commands.options import AsJson, LostAfter, Runs
from mnist_lab.commands.output import out, print_json, say
from mnist_lab.errors import UsageError
from mnist_lab.experiments.record import Record
from mnist_lab.render.optimism_table import optimism_table
from mnist_lab.render.studies import studies_table
from mnist_lab.render.study_table import study_page
from mnist_lab.runs.coverage import RunsByTraining, StudyProgress, study_progress
from mnist_lab.runs.progress import RunSnapshot
from mnist_lab.store import Store, studies
from mnist_lab.text import one_line

HELP = """List studies, judge one, and measure what choosing on the test images adds.

\b
Examples:
  mnist-lab run --section activation --seeds 5      makes a study, or continues it
  mnist-lab study list
  mnist-lab study show activation                   any unique beginning of an id will do
"""

app = typer.Typer(help=HELP, rich_markup_mode=None, no_args_is_help=True, add_completion=False)


class MonitorChoice(StrEnum):
    """The metric by which an epoch is chosen."""

    val_loss = "val_loss"
    val_accuracy = "val_accuracy"


@app.command("list")
def list_(lost_after: LostAfter = None, runs: Runs = None, as_json: AsJson = False) -> None:
    """List all studies and how far each is.

    \b
    Examples:
      mnist-lab study list
      mnist-lab study list --json | jq '.studies[].left'
      mnist-lab study list --lost-after 10m             count what lost hosts held as left
    """
    silence = lost_after_seconds(lost_after)
    store = open_store(runs)
    give_up_lost(store, silence)
    found = studies.studies(store)
    index = RunsByTraining(RunSnapshot.of(run) for run in (store.runs() if found else ()))
    progresses = [study_progress(study, index) for study in found]
    if as_json:
        print_json({"schema": 1, "studies": [_plain(one) for one in progresses]})
    elif progresses:
        out().print(studies_table(progresses), crop=False)
    else:
        say("No studies yet; `mnist-lab run --section activation --seeds 3` makes one.")


@app.command()
def show(
    study_id: Annotated[
        str,
        typer.Argument(metavar="ID", help="A study, by any unique beginning of its id.", autocompletion=complete_study),
    ],
    metric: Annotated[
        str, typer.Option(metavar="METRIC", help="The metric to judge by.", autocompletion=complete_metric)
    ] = "test_accuracy",
    margin: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="The least difference that matters: of accuracies in points, else in the metric's own unit "
            "[default: the study's].",
            show_default=False,
        ),
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Compare every arm with every other, not with the baseline alone.")
    ] = False,
    lost_after: LostAfter = None,
    runs: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Judge a study by the runs there are: each arm, and whether it is better or worse than the baseline.

    \b
    Examples:
      mnist-lab study show activation
      mnist-lab study show activation --metric val_loss --pairs
      mnist-lab study show width --margin 0.2
    """
    silence = lost_after_seconds(lost_after)
    store = open_store(runs)
    study = studies.study(store, study_id)
    give_up_lost(store, silence)
    if pairs:
        study = study.model_copy(update={"family": "pairs"})
    stated = None if margin is None else margin / run_metric(metric).unit.factor
    judged = judge_study(study, _records(store), metric, margin=stated)
    if as_json:
        print_json({"schema": 1, "study": plain(judged)})
    else:
        out().print(study_page(judged), crop=False)


@app.command()
def optimism(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID...", help="Studies or runs; without any, all runs.", show_default=False),
    ] = None,
    monitor: Annotated[
        MonitorChoice | None,
        typer.Option(
            help="The metric that chooses the epoch [default: the one that each run monitored].", show_default=False
        ),
    ] = None,
    runs: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Measure what choosing the epoch on the test images adds to the accuracy that is reported.

    \b
    Examples:
      mnist-lab run --set protocol=holdout --test-curve --seeds 10     makes runs that can be used
      mnist-lab study optimism
      mnist-lab study optimism activation --monitor val_accuracy
    """
    store = open_store(runs)
    records = _records(store) if not ids else [record for one in ids for record in _records_of(store, one)]
    found = by_recipe(records, monitor.value if monitor else None)
    if not found:
        raise UsageError(
            "None of these runs held images out and looked at the test images each epoch; "
            "`mnist-lab run --set protocol=holdout --test-curve --seeds 10` makes such runs."
        )
    if as_json:
        arms = [
            {
                "name": one.arm.name,
                "n": one.arm.n,
                "mean": one.summary.mean,
                "interval": one.summary.interval,
                "values": {str(seed): value for seed, value in one.arm.values.items()},
                "sentence": sentence(one),
            }
            for one in found
        ]
        print_json({"schema": 1, "arms": arms})
    else:
        out().print(optimism_table(found), crop=False)


def _records(store: Store) -> list[Record]:
    return [run.record for run in store.runs() if run.record is not None]


def _records_of(store: Store, wanted: str) -> list[Record]:
    """The records of a study, or of a run.

    Raises:
        UsageError: There is neither, or there are several.
    """
    if any(study.id.startswith(wanted) for study in studies.studies(store)):
        arms = studies.study(store, wanted).records(_records(store))
        return [record for records in arms.values() for record in records]
    try:
        return [store.record(store.resolve(wanted))]
    except UsageError:
        raise UsageError(
            f"There is no study and no run {one_line(wanted)!r}; `mnist-lab study list` and `mnist-lab runs list` "
            "show what there is."
        ) from None


def _plain(progress: StudyProgress) -> dict[str, Any]:
    study = progress.study
    return study.model_dump(mode="json", exclude={"schema_", "arms"}) | {
        "arms": list(study.arms),
        "done": progress.done,
        "running": len(progress.running),
        "left": len(progress.left),
    }
