"""The saved runs in one table, in every form."""

from __future__ import annotations

import csv
import io

import pytest

from tests.commands.lab import Lab
from tests.factories import make_record


@pytest.fixture
def compared(own_lab: Lab) -> Lab:
    """Two activations and a width, already trained."""
    own_lab.runs.mkdir()
    for val_accuracy, changes in ((0.97, {}), (0.96, {"activation": "sigmoid"}), (0.98, {"units": 256})):
        record = make_record(changes=changes, val_accuracy=val_accuracy, val_loss=1 - val_accuracy, note="=1+1")
        (own_lab.runs / record.id).mkdir()
        own_lab.store.publish(record)
    return own_lab


def test_a_table_has_a_row_a_run_the_best_starred_and_the_columns_that_differ(compared: Lab) -> None:
    heading, _, *rows = compared("compare").out.splitlines()
    assert {"id", "run", "val_accuracy", "val_loss", "activation", "units"} <= set(heading.split())
    assert not {"depth", "epochs", "optimizer"} & set(heading.split())
    assert [row.split()[0] for row in rows] == [run_id[-6:] for run_id in compared.store.ids()]
    assert ["98.00%*" in row for row in rows] == [False, False, True]


def test_a_section_narrows_it_down_to_the_runs_that_answer_its_question(compared: Lab) -> None:
    rows = list(csv.DictReader(io.StringIO(compared("compare", "--section", "activation", "--format", "csv").out)))
    assert [row["activation"] for row in rows] == ["relu", "sigmoid"]
    assert "Did you mean 'activation'?" in compared.refused("compare", "--section", "activaton", code=2)
    run_id = compared.store.ids()[1]
    refusal = compared.refused("compare", run_id, "--section", "depth", code=2)
    assert "no saved runs of section depth" in refusal


def test_csv_is_safe_in_a_spreadsheet_and_json_and_markdown_say_the_same(compared: Lab) -> None:
    ids = [run_id[-6:] for run_id in compared.store.ids()[1:]]
    [first, second] = csv.DictReader(io.StringIO(compared("compare", *ids, "--format", "csv", "--all-columns").out))
    assert [first["id"], second["id"]] == ids
    assert first["note"] == "'=1+1"
    told = compared("compare", *ids, "--json", "--all-columns").json
    assert told["schema"] == 1
    assert (
        [row["val_accuracy"] for row in told["runs"]]
        == [0.96, 0.98]
        == [float(row["val_accuracy"]) for row in (first, second)]
    )
    assert told["runs"][0]["note"] == "=1+1"
    lines = compared("compare", *ids, "--format", "markdown").out.splitlines()
    assert len(lines) == 4
    assert "**98.00%**" in lines[3]


def test_there_is_one_sentence_where_there_is_nothing_to_compare(own_lab: Lab) -> None:
    assert "`mnist-lab run` makes some" in own_lab.refused("compare", code=2)
    assert "is not one of" in own_lab("compare", "--format", "xml", code=2).err
