"""Runs side by side: what differs, which is best, and formats that others read safely."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from mnist_lab.analysis.tables.columns import text_of, values_of
from mnist_lab.analysis.tables.export import to_csv, to_markdown, to_rows
from mnist_lab.analysis.tables.frames import best_rows
from mnist_lab.analysis.tables.run_table import compared, of_section
from mnist_lab.errors import UsageError
from mnist_lab.experiments.experiment import FIELDS
from mnist_lab.experiments.record import Record, Result, Seconds
from tests.factories import NOON, make_record

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "＝1+1", "＋1", "－1", "＠x"]


def view_of(*records: Record, all_columns: bool = False) -> pd.DataFrame:
    return compared(records, all_columns=all_columns)


def csv_of(view: pd.DataFrame) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(view), newline="")))


def test_only_what_differs_has_a_column() -> None:
    frame = view_of(
        make_record(preset="relu", note="same", tags=("t",)),
        make_record(preset="sigmoid", changes={"activation": "sigmoid"}, note="same", tags=("t",)),
    )
    assert list(frame.columns) == ["id", "run", "activation", "val_loss", "val_accuracy"]
    assert list(frame["activation"]) == ["relu", "sigmoid"]


def test_all_columns_are_there_when_asked_for() -> None:
    frame = view_of(make_record(), all_columns=True)
    assert {*FIELDS, *Result.model_fields, "id", "run", "status", "note", "tags", "started_at"} <= set(frame.columns)
    assert len(frame) == 1


def test_the_clock_alone_is_not_a_difference() -> None:
    later = make_record(started_at=NOON + timedelta(days=1), finished_at=NOON + timedelta(days=1, seconds=9))
    assert list(view_of(make_record(), later).columns) == ["id", "run", "val_loss", "val_accuracy"]


def test_a_field_without_effect_is_empty_and_a_whole_number_stays_whole() -> None:
    frame = view_of(
        make_record(changes={"early_stopping": True, "patience": 3}),
        make_record(changes={"early_stopping": True, "patience": 9}),
        make_record(changes={"network": "conv"}),
    )
    assert values_of(frame["patience"]) == [3, 9, None]
    assert "filters" not in frame
    assert "monitor" not in frame


def test_each_column_has_a_nullable_dtype_and_nan_is_not_missing() -> None:
    lost = make_record(val_loss=math.nan, best_epoch=None, changes={"early_stopping": True})
    never = make_record(result=Result(), status="failed", best_epoch=2)
    frame = view_of(make_record(best_epoch=1), lost, never, all_columns=True)
    dtypes = {"id": "string", "best_epoch": "Int64", "val_loss": "Float64", "early_stopping": "boolean"}
    assert frame.dtypes[list(dtypes)].astype(str).to_dict() == dtypes
    assert {str(dtype) for dtype in frame.dtypes} == set(dtypes.values())
    first, second, third = values_of(frame["val_loss"])
    assert (first, third) == (0.08, None)
    assert math.isnan(second)
    assert values_of(frame["best_epoch"]) == [1, None, 2]
    assert values_of(frame["monitor"]) == [None, "val_loss", None]
    assert values_of(frame["early_stopping"]) == [False, True, False]


def test_that_a_metric_is_not_a_number_is_a_difference_and_that_it_is_missing_is_none() -> None:
    metrics = [Result(loss=loss, accuracy=0.9) for loss in (0.2, math.nan, None)]
    first, lost, never = (make_record(result=result) for result in metrics)
    assert "loss" in view_of(first, lost)
    assert "loss" not in view_of(first, never)
    assert "loss" not in view_of(lost, lost)


def test_rows_come_in_the_order_given_with_ids_long_enough_to_tell_them_apart() -> None:
    ids = ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFA69G5FAV"]
    assert list(view_of(*map(make_record, ids))["id"]) == ["Q69G5FAV", "A69G5FAV"]


def test_the_same_record_twice_is_two_rows() -> None:
    record = make_record()
    assert list(view_of(record, record)["id"]) == [record.id[-6:]] * 2


def test_the_best_is_the_lowest_loss_and_the_highest_accuracy_ties_included() -> None:
    view = view_of(
        make_record(val_loss=0.2, val_accuracy=0.9),
        make_record(val_loss=0.1, val_accuracy=0.9),
        make_record(val_loss=0.3, val_accuracy=0.8),
    )
    assert best_rows(view)["val_loss"] == {1}
    assert best_rows(view)["val_accuracy"] == {0, 1}


@pytest.mark.parametrize("worse", [math.nan, math.inf, None])
def test_what_is_no_number_is_never_the_best(worse: float | None) -> None:
    figures = Result(loss=worse, val_loss=worse)
    first, last = (make_record(val_loss=loss, val_accuracy=loss) for loss in (0.2, 0.1))
    view = view_of(first, make_record(result=figures), last)
    assert best_rows(view)["val_loss"] == {2}
    assert best_rows(view)["val_accuracy"] == {0}
    alone = view_of(first, make_record(result=figures))
    assert best_rows(alone)["val_loss"] == frozenset()


def test_records_of_nothing_but_nan_are_compared_all_the_same() -> None:
    view = view_of(*(make_record(val_loss=math.nan) for _ in range(2)))
    assert best_rows(view)["val_loss"] == frozenset()
    assert text_of("val_loss", view["val_loss"].iloc[0]) == "NaN"


def test_a_run_that_never_began_is_compared_all_the_same() -> None:
    never = make_record(status="failed", history={}, epochs_run=0, result=Result(), seconds=Seconds())
    view = view_of(make_record(), never)
    assert list(view["status"]) == ["finished", "failed"]
    assert csv_of(view)[1]["val_loss"] == ""
    assert to_rows(view)[1]["val_loss"] is None
    assert to_markdown(view).splitlines()[3].count("|") == len(view.columns) + 1


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_text_in_a_csv_is_a_formula(formula: str) -> None:
    rows = csv_of(view_of(make_record(note=formula, preset="a"), make_record(preset=formula, tags=(formula,))))
    cells = [cell for row in rows for cell in row.values()]
    starts = tuple("=+-@\t\r\n＝＋－＠")
    assert not [cell for cell in cells if cell.startswith(starts)]
    assert rows[0]["note"] == f"'{formula}"


def test_numbers_in_a_csv_are_the_numbers_to_the_last_bit() -> None:
    figures = Result(loss=-0.1, accuracy=0.1 + 0.2, val_loss=1e-300, val_accuracy=1 / 3)
    rows = csv_of(view_of(make_record(result=figures), make_record(), all_columns=True))
    assert [float(rows[0][name]) for name in ("loss", "accuracy", "val_loss", "val_accuracy")] == [
        -0.1,
        0.1 + 0.2,
        1e-300,
        1 / 3,
    ]
    assert rows[0]["units"] == "128"
    assert rows[0]["test_accuracy"] == ""


def test_text_with_commas_quotes_and_lines_is_one_cell_of_a_csv() -> None:
    note = 'a, "b"\nc'
    assert [row["note"] for row in csv_of(view_of(make_record(note=note), make_record()))] == [note, ""]


def test_rows_are_strict_json() -> None:
    figures = Result(loss=math.nan, accuracy=0.1, val_loss=math.inf)
    view = view_of(make_record(result=figures), make_record(changes={"network": "conv"}), all_columns=True)
    row, other = json.loads(json.dumps(to_rows(view), allow_nan=False))
    assert (row["loss"], row["accuracy"], row["val_loss"]) == ("NaN", 0.1, "Infinity")
    assert (row["val_accuracy"], row["filters"], row["best_epoch"]) == (None, None, None)
    assert (row["units"], row["early_stopping"], other["filters"]) == (128, False, "32+64")


def test_markdown_escapes_pipes_and_marks_the_best() -> None:
    view = view_of(make_record(val_loss=0.1234567, val_accuracy=0.97896, note="a|b\\|c\nd"), make_record(note="plain"))
    header, rule, first, second = to_markdown(view).splitlines()
    columns = header.strip("| ").split(" | ")
    assert rule == "| " + " | ".join("---" for _ in columns) + " |"
    cells = dict(zip(columns, first.strip("| ").split(" | "), strict=True))
    assert cells["note"] == "a\\|b\\\\\\|c d"
    assert (cells["val_loss"], cells["val_accuracy"]) == ("0.1235", "**97.90%**")
    assert "**0.0800**" in second


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("val_accuracy", 0.97896, "97.90%"),
        ("loss", 0.06214, "0.0621"),
        ("loss", math.inf, "inf"),
        ("seconds_per_epoch", 0.234, "0.23"),
        ("learning_rate", 0.0005, "0.0005"),
        ("early_stopping", True, "true"),
        ("patience", None, ""),
        ("note", "n", "n"),
        ("epochs_run", 3, "3"),
    ],
)
def test_values_are_told_as_a_person_reads_them(column: str, value: Any, text: str) -> None:
    assert text_of(column, value) == text


def test_a_section_is_answered_by_its_experiments_whatever_seed_epochs_protocol_and_precision() -> None:
    asked = [
        make_record(changes={"activation": "gelu", "seed": 4}),
        make_record(changes={"epochs": 9, "protocol": "holdout"}),
        make_record(changes={"activation": "elu", "precision": "bfloat16", "data": "0" * 64}),
    ]
    others = [make_record(changes={"units": 64}), make_record(changes={"activation": "tanh"})]
    assert of_section([*others, *asked], "activation") == asked
    assert of_section([*others, *asked], "width") == [others[0], asked[1]]
    with pytest.raises(UsageError, match="no section"):
        of_section([], "activatio")
