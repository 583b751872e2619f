"""Training from the command line: what is asked for, what is printed, what is kept."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_lab.data.dataset import PACKAGE_FILE
from mnist_lab.experiments.experiment import FIELDS
from mnist_lab.machine import cores, hardware
from mnist_lab.store.registry import workers
from mnist_lab.workers.speeds import Speeds
from tests.commands.lab import LONG, SMALL, WITHOUT_PRIVILEGES, Lab

KEYS = {
    "id", "schema", "status", "reason", "experiment", "preset", "study", "note", "tags", "started_at", "finished_at",
    "history", "epochs_run", "best_epoch", "stopped_early", "result", "seconds", "model", "environment",
    "gradient_norms", "test_history",
}  # fmt: skip
RESULT = {"loss", "accuracy", "val_loss", "val_accuracy", "test_accuracy"}
SECONDS = {"startup", "compile", "train", "evaluate", "per_epoch"}
EPOCH = re.compile(
    r"early-stopping  epoch \d+/\d+  loss \d\.\d{4}  accuracy \d+\.\d\d %"
    r"  val_loss \d\.\d{4}  val_accuracy \d+\.\d\d %  \d+\.\d\d s"
)


def histories(records: list[dict[str, Any]]) -> list[dict[str, list[float]]]:
    return [record["history"] for record in records]


def values(records: list[dict[str, Any]], field: str) -> list[Any]:
    return [record["experiment"][field] for record in records]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the first images of MNIST, on which convolutions too are quick."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    with np.load(PACKAGE_FILE, allow_pickle=False) as mnist:
        np.savez(path, **{name: mnist[name][: 600 if "train" in name else 100] for name in mnist.files})
    return path


class TestOutput:
    def test_on_a_pipe_the_epochs_are_lines_of_stderr_and_the_result_is_a_table_on_stdout(self, lab: Lab) -> None:
        done = lab("run", "--preset", "early-stopping", *SMALL)
        assert len(EPOCH.findall(done.err)) == 2, done
        assert done.err.splitlines()[-1] == f"Saved in {lab.runs}."
        assert re.search(r"Test accuracy: \d\d\.\d\d % on 10,000 test images; .* the seed", done.err), done
        heading, _, row = done.out.splitlines()
        assert heading.split()[:3] == ["id", "run", "status"]
        assert row.split()[1:4] == ["early-stopping", "finished", "2/2"]

    def test_json_is_one_object_with_the_record_whole(self, lab: Lab) -> None:
        done = lab("run", "--preset", "early-stopping", *SMALL, "--json")
        assert list(done.json) == ["schema", "runs"]
        assert done.json["schema"] == 1
        [record] = done.json["runs"]
        assert set(record) == KEYS
        assert record["schema"] == 1
        assert record["status"] == "finished"
        assert record["preset"] == "early-stopping"
        assert set(record["experiment"]) == set(FIELDS)
        assert record["experiment"]["early_stopping"] is True
        assert {len(curve) for curve in record["history"].values()} == {record["epochs_run"]} == {2}
        assert set(record["history"]) == RESULT - {"test_accuracy"}
        assert record["best_epoch"] == 2
        assert record["stopped_early"] is False
        assert set(record["result"]) == RESULT
        assert 0.6 < record["result"]["val_accuracy"] < 1
        assert record["result"]["val_loss"] == min(record["history"]["val_loss"])
        assert set(record["seconds"]) == SECONDS
        assert len(record["seconds"]["per_epoch"]) == 2
        assert record["model"]["parameters"] == 784 * 128 + 128 + 128 * 10 + 10
        assert record["environment"]["backend"] == "tensorflow"
        assert record["started_at"] < record["finished_at"]
        assert record["started_at"].endswith("Z")

    def test_what_json_prints_is_what_was_saved(self, lab: Lab) -> None:
        [record] = lab.records(*SMALL)
        folder = lab.runs / record["id"]
        assert json.loads((folder / "run.json").read_bytes()) == record
        assert {"request.json", "journal.jsonl", "worker.log", "weights.npz", "predictions.npz"} <= {
            path.name for path in folder.iterdir()
        }
        with np.load(folder / "predictions.npz", allow_pickle=False) as predictions:
            assert predictions["probabilities"].shape == (10_000, 10)
            digits = predictions["digits"]
        with np.load(PACKAGE_FILE, allow_pickle=False) as mnist:
            assert (digits == mnist["y_test"]).mean() == record["result"]["test_accuracy"]

    def test_early_stopping_stops_early_and_keeps_the_best_epoch(self, lab: Lab) -> None:
        [record] = lab.records("--preset", "early-stopping", "--set", "train_size=256", "--set", "learning_rate=0.1",
                               "--set", "patience=1", "--epochs", "60")  # fmt: skip
        losses = record["history"]["val_loss"]
        assert record["status"] == "finished"
        assert record["stopped_early"] is True
        assert record["epochs_run"] == len(losses) < 60
        assert record["best_epoch"] == losses.index(min(losses)) + 1 == len(losses) - 1
        assert record["result"]["val_loss"] == min(losses)


class TestWhatToTrain:
    def test_the_same_preset_and_seed_twice_give_the_same_history_and_another_seed_another(self, lab: Lab) -> None:
        first, second = (lab.records("--preset", "baseline", "--seed", 1, *SMALL) for _ in range(2))
        assert first[0]["id"] != second[0]["id"]
        assert histories(first) == histories(second)
        assert histories(first) != histories(lab.records("--preset", "baseline", "--seed", 2, *SMALL))

    def test_a_section_trains_each_of_its_networks(self, lab: Lab, few: Path) -> None:
        records = lab.records("--section", "overfitting", "--data", few, "--epochs", 1)
        assert [record["preset"] for record in records] == ["dense", "dense-early", "conv", "conv-early"]
        assert {record["study"] for record in records} == {"overfitting"}
        assert {record["status"] for record in records} == {"finished"}
        assert values(records, "network") == ["dense", "dense", "conv", "conv"]
        assert values(records, "early_stopping") == [False, True, False, True]

    def test_presets_train_anew_each_time_they_are_named(self, lab: Lab) -> None:
        records = lab.records("--preset", "dense-early", "--preset", "early-stopping", *SMALL)
        assert [record["preset"] for record in records] == ["dense-early", "early-stopping"]
        assert records[0]["id"] < records[1]["id"]

    def test_variations_and_seeds_multiply_and_notes_and_tags_are_kept(self, lab: Lab) -> None:
        records = lab.records(
            "--vary",
            "learning_rate=0.01,0.001",
            "--seeds",
            2,
            "--fresh",
            "--note",
            "größer?",
            "--tag",
            "a",
            "--tag",
            "b c",
            *SMALL,
        )
        assert values(records, "learning_rate") == [0.01, 0.001, 0.01, 0.001]
        assert values(records, "seed") == [0, 0, 1, 1]
        assert {record["study"] for record in records} == {"learning_rate"}
        assert {record["note"] for record in records} == {"größer?"}
        assert all(record["tags"] == ["a", "b c"] for record in records)

    def test_like_trains_what_a_saved_run_was_with_changes(self, lab: Lab) -> None:
        [saved] = lab.records("--set", "learning_rate=0.01", "--seed", 5, *SMALL)
        [again] = lab.records("--like", saved["id"][-12:].lower(), "--set", "batch_size=256", "--epochs", 1)
        assert again["experiment"] == saved["experiment"] | {"batch_size": 256, "epochs": 1}

    def test_a_run_keeps_only_what_was_asked_for(self, lab: Lab) -> None:
        [bare] = lab.records("--keep", "record", *SMALL)
        [half] = lab.records("--keep", "predictions", *SMALL)
        arrays = [sorted(path.name for path in (lab.runs / one["id"]).glob("*.npz")) for one in (bare, half)]
        assert arrays == [[], ["predictions.npz"]]

    def test_a_data_file_of_ones_own_is_trained_on_and_its_checksum_is_part_of_the_experiment(
        self, lab: Lab, few: Path
    ) -> None:
        [record] = lab.records("--data", few, "--epochs", 2)
        assert record["status"] == "finished"
        assert re.fullmatch("[0-9a-f]{64}", record["experiment"]["data"])
        assert record["experiment"]["data"] != FIELDS["data"].default
        assert record["environment"]["data"] == record["experiment"]["data"]
        with np.load(lab.runs / record["id"] / "predictions.npz", allow_pickle=False) as predictions:
            assert predictions["digits"].shape == (100,)


class TestExitCodes:
    def test_a_learning_rate_past_all_sense_is_saved_as_diverged_and_the_others_are_done(self, lab: Lab) -> None:
        done = lab("run", "--vary", "learning_rate=1e9,0.001", *SMALL, "--tag", "sense", code=1)
        assert [row.split()[2] for row in done.out.splitlines()[2:]] == ["diverged", "finished"]
        assert re.search(r"learning_rate=1e\+09 diverged: The .*loss .* in epoch \d+\.\n", done.err), done
        saved = [run for run in lab("runs", "list", "--json").json["runs"] if run["tags"] == ["sense"]]
        assert [run["status"] for run in saved] == ["diverged", "finished"]
        assert f"in epoch {saved[0]['epochs_run']}." in saved[0]["reason"]
        assert len(saved[0]["history"]["loss"]) == saved[0]["epochs_run"]

    def test_a_run_that_cannot_be_trained_is_saved_as_failed_with_1(self, lab: Lab) -> None:
        done = lab("run", "--set", "train_size=60001", "--json", code=1)
        [record] = done.json["runs"]
        assert record["status"] == "failed"
        assert "60001" in record["reason"]
        assert record["result"]["val_loss"] is None


class TestDetached:
    def test_it_returns_at_once_and_leaves_the_run_to_be_watched_and_stopped(self, lab: Lab) -> None:
        done = lab("run", *LONG, "--detach")
        [run_id] = [line.split()[0] for line in done.out.splitlines()]
        assert f"runs watch {run_id[-6:]}" in done.err
        lab.wait_for_epochs(run_id, 2)
        watching = lab.start("runs", "watch", run_id[-6:])
        lab.wait_for_epochs(run_id, 4)
        assert lab.run_of(run_id).status == "running"
        lab("runs", "stop", run_id)
        assert "epoch 1/10000" in lab.end_of(watching, 130).err
        assert lab.run_of(run_id).status == "stopped"

    def test_json_names_the_runs(self, lab: Lab) -> None:
        asked = lab("run", "--seeds", 2, *SMALL, "--detach", "--json").json
        assert asked["schema"] == 1
        assert [set(run) for run in asked["runs"]] == [{"id", "status"}] * 2
        for run in asked["runs"]:
            lab.wait(run["id"], "finished")

    @pytest.mark.skipif(cores.usable() < 2, reason="On one processor all workers are of one kind.")
    def test_one_that_needs_the_room_of_an_idle_worker_of_another_kind_is_trained_all_the_same(
        self, own_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        two_processors = ("taskset", "-c", ",".join(map(str, cores.affinity()[:2])))
        own_lab.environment |= {"TMPDIR": str(tmp_path), "MNIST_LAB_CACHE": str(tmp_path)}  # nobody else's processors
        for variable in ("MNIST_LAB_WORKERS", "MNIST_LAB_THREADS"):
            del own_lab.environment[variable]
        monkeypatch.setenv("MNIST_LAB_CACHE", str(tmp_path))
        Speeds(machine=hardware.name(), seconds={"dense": {1: 5.0, 2: 2.5}}).save()
        few = ("--set", "train_size=64")
        own_lab("run", *few, "--epochs", 1, under=two_processors)
        [worker] = workers(own_lab.runs)
        assert (worker.kind.threads, worker.state.warm) == (1, True)
        done = own_lab("run", *few, "--epochs", 8, "--detach", under=two_processors)
        run = own_lab.wait(done.out.split()[0], "finished")
        assert run.record is not None
        assert run.record.environment.threads == 2


class TestRefusals:
    @pytest.mark.parametrize(
        ("arguments", "output"),
        [
            (["--preset", "early-stoping"], "Did you mean 'early-stopping'?"),
            (["--section", "overfiting"], "Did you mean 'overfitting'?"),
            (["--set", "unit=64"], "Did you mean 'units'?"),
            (["--set", "activation=rleu"], "Did you mean relu?"),
            (["--set", "units=0"], "from 1 to 4096; '0' is not"),
            (["--set", "units=many"], "a whole number from 1 to 4096; 'many' is not"),
            (["--set", "learning_rate=nan"], "learning_rate takes a number above 0"),
            (["--set", "dropout=1"], "to below 1"),
            (["--set", "patience=3"], "no effect unless early_stopping is true"),
            (["--epochs", "0"], "epochs takes a whole number"),
            (["--seed", "1", "--seeds", "2"], "give one of them"),
            (["--section", "overfitting", "--set", "network=conv"], "leave network out"),
            (["--vary", "units=8,x"], "'x' is not"),
            (["--section", "width", "--pairs"], "are about a study"),
            (["--preset", "relu", "--seeds", "3", "--margin", "0.2"], "are about a study"),
            (["--section", "width", "--seeds", "3", "--margin", "0"], "above 0, and not 0"),
            (["--section", "width", "--seeds", "3", "--margin", "nan"], "above 0, and not nan"),
            (["--like", "../../etc"], "not a run id"),
            (["--preset", "\udcff"], "There is no preset"),
        ],
        ids=lambda value: " ".join(value).encode("ascii", "replace").decode() if isinstance(value, list) else "",
    )
    def test_what_makes_no_sense_gets_one_sentence_and_2(self, own_lab: Lab, arguments: list[str], output: str) -> None:
        assert output in own_lab.refused("run", *arguments, code=2)

    @pytest.mark.needs("setpriv")
    @pytest.mark.parametrize("kind", ["missing", "a folder", "a text", "another archive", "unreadable"])
    def test_a_data_file_that_is_none_gets_one_sentence_that_names_it_and_3(
        self, own_lab: Lab, tmp_path: Path, kind: str
    ) -> None:
        path = tmp_path / "mine.npz"
        match kind:
            case "a folder":
                path.mkdir()
            case "a text":
                path.write_text("no archive")
            case "another archive":
                np.savez(path, x_train=np.zeros(3))
            case "unreadable":
                path.touch(mode=0)
        assert str(path) in own_lab.refused("run", "--data", path, code=3, under=WITHOUT_PRIVILEGES)
