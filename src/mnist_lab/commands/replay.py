"""``mnist-lab replay``: what early stopping would have done on a finished curve."""

from __future__ import annotations

from typing import Annotated

import typer

from mnist_lab.analysis.replay import caution, in_words, rule_for
from mnist_lab.analysis.replay import replay as replayed
from mnist_lab.commands.completion import RunId
from mnist_lab.commands.inputs import open_store
from mnist_lab.commands.options import AsJson, Runs
from mnist_lab.commands.output import print_json


def replay(
    run_id: RunId,
    patience: Annotated[int | None, typer.Option(metavar="N", help="Epochs without improvement.")] = None,
    min_delta: Annotated[float | None, typer.Option(metavar="X", help="Smallest change that counts.")] = None,
    monitor: Annotated[str | None, typer.Option(metavar="METRIC", help="The metric that is monitored.")] = None,
    runs: Runs = None,
    as_json: AsJson = False,
) -> None:
    """Say what early stopping would have done on a run's curve, without training.

    \b
    Examples:
      mnist-lab replay K3F9QX --patience 2
      mnist-lab replay K3F9QX --patience 5 --min-delta 0.001 --monitor val_accuracy
    """
    store = open_store(runs)
    record = store.record(store.resolve(run_id))
    rule = rule_for(record.experiment, patience=patience, min_delta=min_delta, monitor=monitor)
    found = replayed(record, rule)
    if as_json:
        fields = {
            "schema": 1,
            "id": record.id,
            "rule": vars(rule),
            "epochs": found.epochs,
            "stopped_at": found.stopped_at,
            "kept": found.kept,
            "too_short": found.too_short,
            "epochs_saved": found.epochs_saved,
            "val_accuracy": found.val_accuracy,
            "given_up": found.given_up,
        }
        print_json(fields)
    else:
        typer.echo(in_words(found))
        if warning := caution(record.experiment, found):
            typer.echo(warning)
