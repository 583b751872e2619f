"""The saved runs in one table, in every form."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from mnist_lab.data import dataset
from mnist_lab.experiments.plan import Planned
from mnist_lab.experiments.record import Result
from mnist_lab.experiments.study import of_plans
from mnist_lab.store.studies import declare
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
    heading, _, *rows = compared("compare", "--by", "seed").out.splitlines()
    assert {"id", "run", "val_accuracy", "val_loss", "activation", "units"} <= set(heading.split())
    assert not {"depth", "epochs", "optimizer"} & set(heading.split())
    assert [row.split()[0] for row in rows] == [run_id[-6:] for run_id in compared.store.ids()]
    assert ["98.00%*" in row for row in rows] == [False, False, True]


def test_a_section_narrows_it_down_to_the_runs_that_answer_its_question(compared: Lab) -> None:
    narrowed = compared("compare", "--by", "seed", "--section", "activation", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(narrowed)))
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
    result = compared("compare", *ids, "--json", "--all-columns").json
    assert result["schema"] == 1
    assert (
        [row["val_accuracy"] for row in result["runs"]]
        == [0.96, 0.98]
        == [float(row["val_accuracy"]) for row in (first, second)]
    )
    assert result["runs"][0]["note"] == "=1+1"
    lines = compared("compare", *ids, "--format", "markdown").out.splitlines()
    assert len(lines) == 4
    assert "**98.00%**" in lines[3]


def test_there_is_one_sentence_where_there_is_nothing_to_compare(own_lab: Lab) -> None:
    assert "`mnist-lab run` makes some" in own_lab.refused("compare", code=2)
    assert "is not one of" in own_lab("compare", "--format", "xml", code=2).err


def test_single_runs_are_narrowed_and_ordered(compared: Lab) -> None:
    command = ("compare", "--by", "seed", "--json", "--where", "val_accuracy >= 97%")
    assert [row["val_accuracy"] for row in compared(*command, "--sort", "val_acc").json["runs"]] == [0.98, 0.97]
    reversed_ = compared(*command, "--sort", "val_acc", "--reverse").json["runs"]
    assert [row["val_accuracy"] for row in reversed_] == [0.97, 0.98]
    assert "Did you mean units?" in compared.refused("compare", "--where", "unitz>=3", code=2)
    assert "There is no column 'speed'" in compared.refused("compare", "--by", "seed", "--sort", "speed", code=2)
    assert compared("compare", "--by", "seed", "--where", "units>999").out == "Nothing matches.\n"


@pytest.fixture
def studied(own_lab: Lab) -> Lab:
    """A study of two activations with five seeds each, the second one far worse, and one run of no study."""
    own_lab.runs.mkdir()
    runs = [
        make_record(
            changes={"activation": activation, "seed": seed},
            result=Result(val_accuracy=accuracy, test_accuracy=accuracy + 0.0003 * (seed * 7 % 5)),
        )
        for activation, accuracy in (("relu", 0.978), ("sigmoid", 0.97))
        for seed in range(5)
    ]
    early = make_record(changes={"early_stopping": True}, result=Result(val_accuracy=0.97, test_accuracy=0.9789))
    for record in (*runs, early):
        (own_lab.runs / record.id).mkdir()
        own_lab.store.publish(record)
    arms = [Planned(run.experiment.unseeded(), run.experiment.activation) for run in (runs[0], runs[5])]
    declare(own_lab.store, of_plans(arms, range(5)))
    return own_lab


def test_recipes_are_grouped_by_study_with_verdicts_that_no_choice_of_rows_changes(studied: Lab) -> None:
    page = studied("compare").out
    lines = [" ".join(line.split()) for line in page.splitlines()]
    assert "baseline relu, margin 0.1 points" in page
    assert any(line.startswith("relu 5 97.86 ± 0.06 baseline") for line in lines)
    assert any(line.startswith("sigmoid 5 97.06 ± 0.06 worse −0.80") for line in lines)
    assert any(
        line.startswith("dense-early epochs=2 1 97.89* not enough runs (n=1 of 3) 97.59 to 98.15") for line in lines
    )
    assert "* The kept epoch was chosen on the test images" in page
    assert "Wilson" in page
    whole = {row["recipe"]: row for row in studied("compare", "--json").json["recipes"]}
    assert whole["sigmoid"]["verdict"] == "worse"
    assert whole["sigmoid"]["difference"] == pytest.approx(-0.008)
    for choice in (
        ("--where", "test_accuracy < 97.5%"),
        ("--section", "activation", "--sort", "recipe", "--reverse"),
        (studied.store.ids()[7], "--by", "recipe"),
    ):
        [row, *_] = studied("compare", "--json", "--all-columns", *choice).json["recipes"]
        assert row["recipe"] == "sigmoid"
        assert {name: row[name] for name in whole["sigmoid"] if name in row} == whole["sigmoid"]


def test_recipes_are_written_for_others_to_read(studied: Lab) -> None:
    rows = list(csv.DictReader(io.StringIO(studied("compare", "--format", "csv").out)))
    assert [(row["recipe"], row["n"], row["verdict"]) for row in rows] == [
        ("relu", "5", "baseline"),
        ("sigmoid", "5", "worse"),
        ("dense-early epochs=2", "1", "not enough runs"),
    ]
    lines = studied("compare", "--format", "markdown").out.splitlines()
    assert lines[0].startswith("| study | recipe | n | test_accuracy % | verdict | difference |")
    assert "| sigmoid | 5 | 97.06 ± 0.06 | worse | −0.80 |" in lines[3]
    assert "a single run is none" in studied.refused("compare", "--by", "seed", "--baseline", "relu", code=2)
    assert "called 'relu'; there are dense-early" in studied.refused("compare", "--baseline", "relu", code=2)


def test_two_networks_are_compared_image_by_image(studied: Lab) -> None:
    first, second = (run_id[-6:] for run_id in (studied.store.ids()[0], studied.store.ids()[5]))
    refusal = studied.refused("compare", first, second, "--networks", code=2)
    assert f"No predictions of run {first} were kept" in refusal
    labels = dataset.load().y_test
    for run_id, mistakes in ((studied.store.ids()[0], 4), (studied.store.ids()[5], 20)):
        predicted = labels.copy()
        predicted[:mistakes] = (predicted[:mistakes] + 1) % 10
        probabilities = np.full((len(labels), 10), 0.1, np.float16)
        np.savez(studied.store.predictions_path(run_id), probabilities=probabilities, digits=predicted)
    result = studied("compare", first, second, "--networks").out
    assert "Two recipes, which differ in activation (relu and sigmoid)." in result
    assert "baseline epochs=2 s0 alone predicts 16 correctly, sigmoid epochs=2 s0 alone 0" in result
    assert "not their recipes" in result
    found = studied("compare", first, second, "--networks", "--json").json
    assert found["differs"] == {"activation": ["relu", "sigmoid"]}
    assert (found["only_first"], found["only_second"], found["images"]) == (list(range(4, 20)), [], 10_000)
    assert found["p"] == pytest.approx(2 / 2**16)
    assert "give the ids of two runs" in studied.refused("compare", first, "--networks", code=2)
    assert "in words or with --json" in studied.refused(
        "compare", first, second, "--networks", "--format", "csv", code=2
    )
