"""Studies from the command line: only what is missing is trained, and what there is is judged."""

from __future__ import annotations

import signal
from collections.abc import Callable

import pytest

from mnist_lab.experiments import plan
from mnist_lab.experiments.experiment import DEFAULT
from mnist_lab.experiments.record import METRICS
from mnist_lab.experiments.study import of_plans
from mnist_lab.store import studies
from tests.commands.lab import LONG, Lab, Terminal
from tests.factories import make_record, make_request

LITTLE = ("--set", "train_size=640", "--epochs", "1")
"""A training of a moment, once a worker is warm."""

TINY = ("--set", "units=8", *LITTLE)

STUDY = ("--vary", "activation=relu,elu", *TINY)


def save(lab: Lab, **fields: object) -> str:
    """Put a run there that somebody has made."""
    record = make_record(**fields)  # type: ignore[arg-type]
    lab.store.prepare()
    lab.store.request(make_request(record.id, experiment=record.experiment))
    lab.store.publish(record)
    return record.id


def declared(lab: Lab, units: str, **settings: str) -> None:
    """Declare a study of which nothing was asked for."""
    base = plan.with_settings([plan.from_experiment(DEFAULT)], settings)
    lab.store.prepare()
    studies.declare(lab.store, of_plans(plan.varied(base, {"units": units.split(",")}), range(2)))


@pytest.fixture
def holdout_runs(own_lab: Lab) -> Lab:
    """Three holdout runs whose test images would have chosen another epoch, and one that was not asked to look."""
    history = {metric: [0.3, 0.2] for metric in METRICS} | {"val_loss": [0.1, 0.2]}
    for seed, gain in enumerate((0.0010, 0.0012, 0.0014)):
        curves = {"loss": [0.2, 0.1], "accuracy": [0.97, 0.97 + gain]}
        changes = {"protocol": "holdout", "seed": seed}
        save(own_lab, changes=changes, history=history, test_history=curves, val_loss=0.2)
    save(own_lab, changes={"protocol": "holdout", "seed": 3})
    return own_lab


class TestMakingOne:
    def test_only_what_is_missing_is_trained_and_the_table_is_the_studys(self, lab: Lab) -> None:
        lab.records("--set", "activation=elu", "--seed", 1, *TINY)
        first = lab("run", *STUDY, "--seeds", 2)
        assert "4 trainings, of which 1 are saved and used, 3 are trained now." in first.err, first
        assert "study activation: 1 of 4 done, " in first.err
        assert "study activation: 4 of 4 done, 0 running, 0 left" in first.err
        assert first.err.endswith(f"Saved in {lab.runs}.\n")
        head, heading, _, *rows = first.out.splitlines()
        assert head.startswith("activation: test accuracy of the kept weights, 2 seeds of each;")
        assert heading.split()[:2] == ["arm", "n"]
        assert [row.split()[:2] for row in rows] == [["activation=relu", "2"], ["activation=elu", "2"]]
        assert rows[1].rstrip().endswith("not enough runs")

        known = lab.store.ids()
        again = lab("run", *STUDY, "--seeds", 2)
        assert "all 4 trainings are saved; nothing is left to train." in again.err
        assert again.out == first.out == lab("run", *STUDY, "--seeds", 2, "--detach").out
        assert lab.store.ids() == known

        more = lab("run", *STUDY, "--seeds", 3, "--json")
        assert "6 trainings, of which 4 are saved and used, 2 are trained now." in more.err
        assert len(lab.store.ids()) == len(known) + 2
        result = more.json
        assert list(result) == ["schema", "runs", "study"]
        seeds = [(run["experiment"]["activation"], run["experiment"]["seed"]) for run in result["runs"]]
        assert seeds == [(arm, seed) for seed in range(3) for arm in ("relu", "elu")]
        assert [arm["n"] for arm in result["study"]["arms"]] == [3, 3]
        assert result["study"]["comparisons"][0]["verdict"] != "not enough runs"

        study_id = result["study"]["id"]
        [listed] = [one for one in lab("study", "list", "--json").json["studies"] if one["id"] == study_id]
        assert (listed["done"], listed["running"], listed["left"], listed["baseline"]) == (6, 0, 0, "activation=relu")
        shown = lab("study", "show", study_id, "--json").json
        assert shown["study"] == result["study"]

    def test_on_a_terminal_the_whole_study_is_told_in_a_line_above_its_runs(
        self, lab: Lab, terminal: Callable[..., Terminal]
    ) -> None:
        screen = terminal(lab, "run", "--vary", "learning_rate=0.03,0.003", "--seeds", 2, *TINY)
        text = screen.ends(0)
        assert "study learning_rate: " in text
        assert "4 of 4 done, 0 running, 0 left" in text
        assert "2 seeds of each" in text
        assert screen.widest <= screen.columns

    def test_fresh_trains_all_of_it_anew(self, lab: Lab) -> None:
        arguments = ("--vary", "learning_rate=0.04,0.004", "--seeds", 2, *TINY)
        first = lab("run", *arguments)
        known = lab.store.ids()
        done = lab("run", *arguments, "--fresh")
        assert "of which 0 are saved and used, 4 are trained now." in done.err
        assert len(lab.store.ids()) == len(known) + 4
        assert done.out == first.out, "of two runs of one seed the first counts"

    def test_a_section_is_declared_with_its_arms_and_what_is_set_counts_for_all(self, lab: Lab) -> None:
        known = lab.store.ids()
        lab("run", "--section", "width", "--seeds", 2, "--set", "dropout=0.2", "--epochs", 3, "--pairs",
            "--margin", 0.5, "--detach")  # fmt: skip
        asked = [lab.store.request_of(run_id) for run_id in lab.asked_since(known, 6)]
        assert {(one.experiment.dropout, one.experiment.epochs) for one in asked if one} == {(0.2, 3)}
        [study] = [one for one in lab("study", "list", "--json").json["studies"] if one["title"] == "width"]
        assert (study["factor"], study["baseline"], study["seeds"]) == (["units"], "units-128", [0, 1])
        assert study["arms"] == ["units-128", "units-64", "units-256"]
        assert (study["family"], study["margin"]) == ("pairs", 0.005)

    def test_what_waits_already_is_watched_and_left_alone_by_ctrl_c(self, lab: Lab) -> None:
        study = ("--vary", "learning_rate=0.02,0.002", *LONG, "--seeds")
        before = lab.detached(*study, 2)
        known = lab.store.ids()
        lab.wait_for_epochs(before[0])
        process = lab.start("run", *study, 3)
        after = lab.asked_since(known, 2)
        assert len(after) == 2
        process.send_signal(signal.SIGINT)
        done = lab.end_of(process, 130)
        assert "6 trainings, of which 0 are saved and used, 4 are in progress already, 2 are trained now." in done.err
        assert [lab.run_of(run_id).status for run_id in after] == ["stopped", "stopped"]
        assert {lab.run_of(run_id).status for run_id in before} <= {"queued", "running"}

    def test_what_is_to_be_measured_is_asked_for_and_a_run_without_it_does_not_do(self, lab: Lab) -> None:
        save(lab, changes={"units": 18, "train_size": 640, "epochs": 1})
        known = lab.store.ids()
        lab("run", "--vary", "units=18,19", "--seeds", 2, *LITTLE, "--gradient-norms", "--test-curve", "--detach")
        asked = [lab.store.request_of(run_id) for run_id in lab.asked_since(known, 4)]
        assert [one.measurements for one in asked if one] == [{"gradient_norms", "test_curve"}] * 4


class TestLooking:
    def test_without_studies_the_list_says_how_to_make_one(self, own_lab: Lab) -> None:
        done = own_lab("study", "list")
        assert done.out == ""
        assert "mnist-lab run --section activation --seeds 3" in done.err
        assert own_lab("study", "list", "--json").json == {"schema": 1, "studies": []}

    def test_a_study_is_judged_by_any_figure_margin_and_family(self, own_lab: Lab) -> None:
        declared(own_lab, "128,64,256")
        for units, middle in {128: 0.978, 64: 0.974, 256: 0.981}.items():
            for seed in range(5):
                result = {"test_accuracy": middle + 0.0002 * seed, "val_loss": 0.07 + 0.001 * seed}
                save(own_lab, changes={"units": units, "seed": seed, "epochs": 20}, result=result)
        page = own_lab("study", "show", "units").out
        assert "5 seeds of each; every arm versus units=128" in page
        assert "units=64 is worse than units=128 by 0.40 points" in page
        assert "as often as one likes" in page
        assert "every arm versus every other" in own_lab("study", "show", "units", "--pairs").out
        assert "margin 2 points" in own_lab("study", "show", "units", "--margin", 2).out
        by_loss = own_lab("study", "show", "units", "--metric", "val_loss", "--margin", 0.01, "--json").json["study"]
        assert (by_loss["figure"], by_loss["margin"]) == ("val_loss", 0.01)
        assert {one["verdict"] for one in by_loss["comparisons"]} == {"equivalent"}

    @pytest.mark.parametrize(
        ("arguments", "output"),
        [
            (["show", "activation"], "There is no study 'activation'"),
            (["optimism", "K3F9QX"], "no study and no run 'K3F9QX'"),
            (["optimism"], "mnist-lab run --set protocol=holdout --test-curve"),
        ],
        ids=["no study", "no run", "no runs that can tell"],
    )
    def test_what_is_not_there_gets_one_sentence_and_2(self, own_lab: Lab, arguments: list[str], output: str) -> None:
        assert output in own_lab.refused("study", *arguments, code=2)

    def test_a_figure_or_a_margin_that_makes_no_sense_gets_one_sentence_and_2(self, own_lab: Lab) -> None:
        declared(own_lab, "8,9")
        assert "test_accuracy" in own_lab.refused("study", "show", "units", "--metric", "test_acc", code=2)
        assert "above 0" in own_lab.refused("study", "show", "units", "--margin", 0, code=2)


class TestOptimism:
    def test_runs_that_can_tell_are_averaged_by_recipe(self, holdout_runs: Lab) -> None:
        done = holdout_runs("study", "optimism")
        assert "protocol=holdout" in done.out
        assert "+0.12" in done.out
        assert "adds 0.12 points" in done.out
        [arm] = holdout_runs("study", "optimism", "--json").json["arms"]
        assert (arm["n"], arm["values"].keys()) == (3, {"0", "1", "2"})
        assert arm["mean"] == pytest.approx(0.0012)

    def test_some_runs_or_a_study_can_be_named(self, holdout_runs: Lab) -> None:
        one, other, *_ = holdout_runs.store.ids()
        [arm] = holdout_runs("study", "optimism", one[-8:], other[-8:], "--json").json["arms"]
        assert arm["n"] == 2
        declared(holdout_runs, "128,64", protocol="holdout", epochs="2")
        [arm] = holdout_runs("study", "optimism", "units", "--monitor", "val_accuracy", "--json").json["arms"]
        assert arm["n"] == 3
