"""Filter expressions: what they mean, and what is said of those that mean nothing."""

from __future__ import annotations

import math

import pytest

from mnist_lab.analysis.tables.filtering import Filter, parse
from mnist_lab.analysis.tables.frames import TextTable, runs_frame
from mnist_lab.analysis.tables.query import Query
from mnist_lab.analysis.tables.run_table import RunTable
from mnist_lab.experiments.record import Result
from tests.factories import NOON, make_record

RECORDS = {
    "wide": make_record(preset="relu", changes={"units": 256}, val_loss=0.07, val_accuracy=0.979, tags=("late", "b")),
    "narrow": make_record(
        changes={"units": 64, "activation": "elu"}, val_loss=0.09, val_accuracy=0.97, note="Out of it"
    ),
    "stopping": make_record(changes={"early_stopping": True, "patience": 3}, val_loss=math.nan, status="diverged"),
    "conv": make_record(
        changes={"network": "conv"}, result=Result(), status="failed", started_at=NOON.replace(month=3)
    ),
}
TABLE = TextTable(runs_frame(list(RECORDS.values())))
COLUMNS = TABLE.columns


def meant(expression: str) -> set[str]:
    table = RunTable()
    table.update(RECORDS.values())
    selection = table.select(Query(expression))
    assert selection is not None
    names = {record.id: name for name, record in RECORDS.items()}
    return {names[run_id] for run_id in selection.ids}


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("", "wide narrow stopping conv"),
        ("   ", "wide narrow stopping conv"),
        ("RELU units=256", "wide"),
        ('"out OF it"', "narrow"),
        ("out it", "narrow"),
        ('"out it"', ""),
        ('"out o', "narrow"),
        ("units>=128", "wide stopping conv"),
        ("units >= 128", "wide stopping conv"),
        ("units>=128 units<200", "stopping conv"),
        ("units==64", "narrow"),
        ("restore_best=true", "stopping"),
        ("units!=128", "wide narrow"),
        ("units=128.0", "stopping conv"),
        ("UNITS<100", "narrow"),
        ("act=elu", "narrow"),
        ("activation=ELU", "narrow"),
        ("activation!=relu", "narrow"),
        ("status!=finished", "stopping conv"),
        ("val_accuracy>0.975", "wide"),
        ("val_accuracy>97.5%", "wide"),
        ("val_accuracy>97.5", "wide"),
        ("val_accuracy>=97.9%", "wide"),
        ("val_accuracy=97.90%", "wide"),
        ("val_accuracy<=97%", "narrow stopping"),
        ("val_accuracy<=1", "wide narrow stopping"),
        ("val_accuracy=none", "conv"),
        ("val_loss<1", "wide narrow"),
        ("val_loss>0", "wide narrow"),
        ("val_loss=nan", "stopping"),
        ("val_loss=0.07", "wide"),
        ("patience=3", "stopping"),
        ("patience!=3", "wide narrow conv"),
        ("patience=none", "wide narrow conv"),
        ("early_stopping=true", "stopping"),
        ("filters=32+64", "conv"),
        ("tags=late", "wide"),
        ('tags="late b"', "wide"),
        ("started_at>=2026-02", "conv"),
        ("learning_rate=1e-3", "wide narrow stopping conv"),
    ],
)
def test_an_expression_means_the_runs_for_which_all_of_it_holds(expression: str, names: str) -> None:
    assert meant(expression) == set(names.split())
    assert parse(expression, COLUMNS).complaint == ""


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("unitz>=128", "There is no column 'unitz'. Did you mean units?"),
        ("qqq=1", "There is no column 'qqq'."),
        ("units>=", "Write a value after units>=."),
        ("units>= >3", "Write a value after units>=."),
        (">=128", "Write a column before >=, as in units>=128."),
        ("units>=many", "units is a number; 'many' is not."),
        ("units>none", "units is a number; 'none' is not."),
        ("early_stopping>true", "early_stopping is true or false: compare it with = or !=."),
        ("epoch=3", "epoch could be epochs or epochs_run."),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence_and_the_rest_still_counts(expression: str, complaint: str) -> None:
    assert parse(expression, COLUMNS).complaint == complaint
    assert meant(expression) == set(RECORDS)
    assert parse(f"activation=elu {expression}", COLUMNS).complaint == complaint
    assert meant(f"activation=elu {expression}") == {"narrow"}


def test_a_condition_being_typed_hides_nothing() -> None:
    for typed in ("units"[:end] for end in range(1, 6)):
        assert meant(f"activation=elu {typed}") == {"narrow"}
    assert meant("zzz") == set()
    assert parse("activation=elu units", COLUMNS).unfinished
    assert "units" in parse("units", COLUMNS).without_unfinished().complaint


@pytest.mark.parametrize(
    "expression", ['"', '""', "!", "!=", "= = =", '"a"="b"', "a!b", "%", "units=%", "[bold]", "\\"]
)
def test_no_expression_is_an_error(expression: str) -> None:
    meant(expression)


def test_a_filter_of_nothing_keeps_every_row() -> None:
    assert Filter().mask(TABLE).all()
