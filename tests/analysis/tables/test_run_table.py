"""The table of all runs: its order, its columns, and keeping up."""

from __future__ import annotations

import math

import pytest

from mnist_lab.analysis.tables.query import Query
from mnist_lab.analysis.tables.run_table import RunSelection, RunTable, compared
from tests.factories import make_record


def selected(records: list[object], **query: object) -> RunSelection:
    runs = RunTable()
    runs.update(records)  # type: ignore[arg-type]
    selection = runs.select(Query(**query))  # type: ignore[arg-type]
    assert selection is not None
    return selection


def test_the_newest_come_first_until_another_order_is_asked_for() -> None:
    records = [make_record() for _ in range(3)]
    assert selected(records).ids == [record.id for record in records[::-1]]
    assert selected(records, descending=False).ids == [record.id for record in records]


@pytest.mark.parametrize("descending", [True, False])
def test_what_has_no_value_comes_last_either_way(descending: bool) -> None:
    losses = [0.2, math.nan, 0.1, math.inf, 0.3]
    records = [make_record(val_loss=loss) for loss in losses]
    ordered = [records[place] for place in ([3, 4, 0, 2, 1] if descending else [2, 0, 4, 3, 1])]
    assert selected(records, column="val_loss", descending=descending).ids == [record.id for record in ordered]


def test_words_are_ordered_whatever_their_case_and_equals_newest_first() -> None:
    records = [make_record(note=note) for note in ("b", "A", "a", "C")]
    ordered = [records[place].id for place in (2, 1, 0, 3)]
    assert selected(records, column="note", descending=False).ids == ordered


def test_a_column_starts_with_what_one_looks_for_and_turns_round() -> None:
    query = Query().ordered_by("val_accuracy")
    assert query.descending
    assert not query.ordered_by("val_accuracy").descending
    assert not query.ordered_by("val_loss").descending
    assert query.ordered_by("val_loss").ordered_by("id").descending


def test_columns_and_best_figures_are_those_of_the_runs_shown() -> None:
    records = [
        make_record(changes={"units": units, "activation": activation}, val_loss=loss)
        for units, activation, loss in [(64, "relu", 0.1), (128, "relu", 0.2), (128, "elu", 0.3)]
    ]
    every = selected(records)
    assert every.columns == ["id", "run", "val_accuracy", "val_loss", "units", "activation"]
    assert every.best["val_loss"] == {2}
    relu = selected(records, expression="units=128")
    assert relu.columns == ["id", "run", "val_accuracy", "val_loss", "activation"]
    assert relu.best["val_loss"] == {1}
    assert relu.total == 3
    assert relu.frame["activation"].tolist() == ["elu", "relu"]
    assert set(selected(records, all_columns=True).columns) == set(compared(records, all_columns=True))


def test_it_keeps_up_with_records_that_come_change_and_go() -> None:
    runs = RunTable()
    first, second = make_record(), make_record()
    assert runs.select(Query()) is None
    for records in ([first], [first, second], [second], [second.model_copy(update={"note": "new"})], []):
        runs.update(records)
        selection = runs.select(Query(all_columns=True))
        assert (selection.ids if selection else []) == [record.id for record in records[::-1]]
        if selection:
            assert selection.texts["note"][0] == records[-1].note


def test_what_was_selected_stays_what_it_was_while_records_come() -> None:
    runs = RunTable()
    records = [make_record(note=note) for note in ("first", "second")]
    assert runs.update(records)
    assert not runs.update(list(records))
    before = runs.select(Query(all_columns=True))
    assert before is not None
    frame = before.frame.copy()
    assert runs.update([*records, make_record(note="a third of which nothing was known")])
    assert before.frame.equals(frame)
    assert before.texts["note"] == frame["note"].tolist() == ["second", "first"]
    after = runs.select(Query(all_columns=True))
    assert after is not None
    assert after.texts["note"][0].startswith("a third")
    assert after.widths["note"] > before.widths["note"]


def test_short_ids_grow_with_those_they_could_be_taken_for() -> None:
    runs = RunTable()
    first, second = make_record("01ARZ3NDEKTSV4RRFFA69G5FAV"), make_record("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    runs.update([first])
    runs.update([first, second])
    assert runs.select(Query("A69G5FAV")).ids == [first.id]  # type: ignore[union-attr]
