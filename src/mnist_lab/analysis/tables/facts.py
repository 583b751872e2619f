"""What is told of a record, column by column, and how a person reads it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from mnist_lab.experiments.experiment import FIELDS, MNIST_CHECKSUM, Experiment, show
from mnist_lab.experiments.presets import label_of
from mnist_lab.experiments.record import Record, Result
from mnist_lab.experiments.sections import arm_of, section
from mnist_lab.text import one_line

LOWER_IS_BETTER = ("loss", "val_loss")
HIGHER_IS_BETTER = ("accuracy", "val_accuracy", "test_accuracy")
FIGURES = (*LOWER_IS_BETTER, *HIGHER_IS_BETTER)
_TEXTS = (
    *("id", "run", "status", "device", "started_at", "note", "tags"),
    *("study", "recipe", "baseline", "verdict", "selected_on"),
)
_FORMATS = {
    **dict.fromkeys(HIGHER_IS_BETTER, ".2%"),
    **dict.fromkeys(("mean_low", "mean_high", "one_low", "one_high", "deviation"), ".2%"),
    **dict.fromkeys(("difference", "difference_low", "difference_high"), "+.2%"),
    **dict.fromkeys(LOWER_IS_BETTER, ".4f"),
    **dict.fromkeys(("seconds_per_epoch", "seconds"), ".2f"),
}
_CONDITIONS = {name: field.only for name, field in FIELDS.items() if field.only is not None}


def columns_of(records: Sequence[Record]) -> dict[str, list[Any]]:
    """Everything that is told of some records: for each column one cell a record, None where there is no value.

    Accuracies are fractions, times seconds.
    """
    experiments = [record.experiment for record in records]
    results = [record.result for record in records]
    return {
        "id": [record.id for record in records],
        "run": [record.preset or label_of(record.experiment) for record in records],
        "status": [record.status for record in records],
        "selected_on": ["test set" if record.selected_on_test else None for record in records],
        **fields_of(experiments),
        "epochs_run": [record.epochs_run for record in records],
        "best_epoch": [record.best_epoch for record in records],
        **_values(results, tuple(Result.model_fields)),
        "seconds_per_epoch": [_median(record.seconds.per_epoch) for record in records],
        "seconds": [(record.finished_at - record.started_at).total_seconds() for record in records],
        "parameters": [record.model.parameters if record.model else None for record in records],
        "device": [record.environment.device for record in records],
        "started_at": [record.started_at.isoformat(timespec="seconds") for record in records],
        "note": [record.note for record in records],
        "tags": [" ".join(record.tags) for record in records],
    }


def fields_of(experiments: Sequence[Experiment]) -> dict[str, list[Any]]:
    """The fields of experiments, with their values where they have an effect."""
    values = _values(experiments, tuple(FIELDS))
    told = dict(values)
    told["data"] = ["mnist" if value == MNIST_CHECKSUM else value[:12] for value in values["data"]]
    told["filters"] = all_shown("filters", values["filters"])
    for name, (other, wanted) in _CONDITIONS.items():
        told[name] = [value if held == wanted else None for value, held in zip(told[name], values[other], strict=True)]
    return told


def of_section(records: Sequence[Record], name: str) -> list[Record]:
    """The records that answer a section's question: those of its experiments, whatever seed, epochs and protocol.

    Raises:
        UsageError: There is no such section.
    """
    wanted = section(name)
    return [record for record in records if arm_of(wanted, record.experiment) is not None]


def text_of(column: str, value: Any) -> str:
    """A value as a person reads it: accuracies in percent, losses to four digits."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return "NaN" if column in FIGURES else ""
    return format(value, _FORMATS[column]) if column in _FORMATS and not isinstance(value, str) else show(value)


def shown(column: str, value: Any) -> str:
    """A cell as it is shown: one line."""
    text = text_of(column, value)
    return one_line(text) if isinstance(value, str) else text


def all_shown(column: str, values: Sequence[Any]) -> list[str]:
    """Many cells of a column as they are shown."""
    if column in _FORMATS:
        how = _FORMATS[column]
        return [text_of(column, value) if value is None or value != value else format(value, how) for value in values]
    texts = {value: shown(column, value) for value in set(values)}  # which are few beside the cells
    return [texts[value] for value in values]


def is_number(column: str) -> bool:
    """Whether a column holds numbers."""
    return FIELDS[column].kind in {int, float} if column in FIELDS else column not in _TEXTS


def _values(things: Sequence[Any], names: tuple[str, ...]) -> dict[str, list[Any]]:
    """The attributes of some things, by name."""
    rows = zip(*map(attrgetter(*names), things), strict=True) if things else ((),) * len(names)
    return {name: list(row) for name, row in zip(names, rows, strict=True)}


def _median(seconds: Sequence[float]) -> float | None:
    return sorted(seconds)[len(seconds) // 2] if seconds else None
