"""Listing, showing, stopping, pausing and removing runs, also those that others have tampered with."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mnist_lab.experiments.plan import from_experiment
from mnist_lab.runs.requests import ask
from tests.commands.lab import LONG, SMALL, WITHOUT_PRIVILEGES, Lab, Terminal
from tests.factories import OBEYED, elsewhere, make_record, make_request, put, unreadable
from tests.processes import Holder

Open = Callable[..., Terminal]
Hold = Callable[..., Holder]


def saved(lab: Lab, **fields: Any) -> str:
    """A finished run, without having trained it."""
    record = make_record(**fields)
    lab.runs.mkdir(exist_ok=True)
    lab.store.request(make_request(record.id, experiment=record.experiment))
    lab.store.publish(record)
    return record.id


def spoilt(value: Any) -> Any:
    """Plain data with what a terminal would obey, and Rich's markup, in every text that is not checked."""
    match value:
        case dict():
            return {key: item if key in KEPT else spoilt(item) for key, item in value.items()}
        case list():
            return [spoilt(item) for item in value]
        case str():
            return f"{OBEYED}[red]{value}[/]"
        case _:
            return value


KEPT = {"id", "status", "experiment", "started_at", "finished_at", "asked_at", "keep"}


class TestListing:
    def test_there_is_a_hint_where_there_are_no_runs(self, own_lab: Lab) -> None:
        assert "early-stopping" in own_lab("runs", "list").err
        assert own_lab("runs", "list", "--json").json == {"schema": 1, "runs": []}
        assert not own_lab.runs.exists()

    def test_every_state_is_listed_in_the_order_of_asking(self, own_lab: Lab) -> None:
        ids = [saved(own_lab, status=status) for status in ("finished", "stopped", "diverged", "failed")]
        ids.append(
            ask(own_lab.store, from_experiment(make_record().experiment), note="later", tags=["x"], threads=1).id
        )
        ids.append(ask(own_lab.store, from_experiment(make_record().experiment), threads=1).id)
        own_lab("runs", "pause", ids[-1])
        ids.append(put(own_lab.runs, "run.json", b"{"))
        statuses = ["finished", "stopped", "diverged", "failed", "queued", "paused", "damaged"]
        result = own_lab("runs", "list", "--json").json["runs"]
        assert [(run["id"], run["status"]) for run in result] == list(zip(ids, statuses, strict=True))
        assert result[4]["note"] == "later"
        rows = own_lab("runs", "list").out.splitlines()[2:]
        assert [row.split()[:2] for row in rows] == [[i[-6:], s] for i, s in zip(ids, statuses, strict=True)]
        assert "later" in rows[4]

    def test_what_was_chosen_on_the_test_images_is_marked_and_said(self, own_lab: Lab) -> None:
        saved(own_lab, val_accuracy=0.97)
        assert "test images" not in own_lab("runs", "list").err
        saved(own_lab, changes={"early_stopping": True}, val_accuracy=0.98)
        done = own_lab("runs", "list")
        assert [word for word in done.out.split() if word.startswith("9") and "." in word] == ["97.00", "98.00*"]
        assert "* The kept epoch was chosen on the test images" in done.err

    def test_one_run_is_shown_whole(self, lab: Lab) -> None:
        [record] = lab.records(*SMALL, "--note", "to be shown")
        shown = lab("runs", "show", record["id"][-8:]).out
        for expected in (record["id"], "finished", "to be shown", "train_size", "2560", "tensorflow", "101,770"):
            assert expected in shown
        assert f"{100 * record['result']['test_accuracy']:.2f}" in shown
        assert lab("runs", "show", record["id"], "--json").json == record

    def test_a_closed_pipe_ends_quietly(self, own_lab: Lab) -> None:
        for _ in range(200):
            saved(own_lab, note="x" * 2000)
        for command in (["runs", "list"], ["runs", "list", "--json"]):
            process = own_lab.start(*command)
            assert process.stdout is not None
            assert process.stdout.readline()
            process.stdout.close()
            assert process.stderr is not None
            assert (process.stderr.read(), process.wait(60)) == (b"", 0)
            process.stderr.close()


class TestStopping:
    def test_all_that_wait_end_at_once_without_a_worker(self, own_lab: Lab) -> None:
        own_lab.runs.mkdir()
        ids = [ask(own_lab.store, from_experiment(make_record().experiment), threads=1).id for _ in range(3)]
        own_lab("runs", "pause", ids[1])
        own_lab("runs", "stop", "--all")
        assert [own_lab.run_of(run_id).status for run_id in ids] == ["stopped"] * 3
        assert own_lab.processes() == []
        assert "has already ended: it is stopped" in own_lab.refused("runs", "stop", ids[0], code=2)
        assert "Nothing is waiting or running." in own_lab("runs", "stop", "--all").err

    def test_a_running_section_and_its_queue_are_stopped_together(self, lab: Lab) -> None:
        ids = lab.detached("--section", "architecture", *LONG)
        presets = [lab.run_of(run_id).spec for run_id in ids]
        assert [asked and asked.preset for asked in presets] == [
            "units-128", "units-64", "units-256", "depth-2", "depth-3", "conv"
        ]  # fmt: skip
        lab.wait_for_epochs(ids[0])
        lab("runs", "stop", "--all")
        first = lab.wait(ids[0], "stopped")
        assert first.record is not None
        assert first.record.epochs_run >= 1
        assert [lab.run_of(run_id).status for run_id in ids[1:]] == ["stopped"] * 5

    def test_a_paused_run_that_waits_is_passed_over_until_it_is_resumed(self, lab: Lab) -> None:
        [busy] = lab.detached(*LONG)
        lab.wait(busy, "running")
        held, free = lab.detached(*SMALL, "--seeds", 2)
        lab("runs", "pause", held)
        lab("runs", "stop", busy)
        lab.wait(free, "finished")
        assert lab.run_of(held).status == "paused"
        lab("runs", "resume", held)
        lab.wait(held, "finished")


class TestRemoving:
    def test_it_asks_and_does_only_what_is_agreed_to(self, own_lab: Lab, terminal: Open) -> None:
        first, second = saved(own_lab), saved(own_lab)
        for answer, left in (("n\n", [first, second]), ("y\n", [first])):
            screen = terminal(own_lab, "runs", "remove", second[-6:])
            screen.wait_for("Remove 1 run for good?")
            screen.type(answer)
            screen.ends(0)
            assert own_lab.store.ids() == left
        assert "add --yes" in own_lab.refused("runs", "remove", first, code=2)
        own_lab("runs", "remove", first, "--yes")
        assert own_lab.store.ids() == []

    def test_ctrl_c_at_the_question_removes_nothing_and_leaves_with_130(self, own_lab: Lab, terminal: Open) -> None:
        run_id = saved(own_lab)
        screen = terminal(own_lab, "runs", "remove", run_id)
        screen.wait_for("Remove 1 run for good?")
        screen.type("\x03")
        screen.ends(130)
        assert own_lab.store.ids() == [run_id]

    def test_a_running_run_is_refused(self, lab: Lab) -> None:
        [run_id] = lab.detached(*LONG)
        lab.wait(run_id, "running")
        assert f"`mnist-lab runs stop {run_id[-6:]}`" in lab.refused("runs", "remove", run_id, "--yes", code=2)
        assert lab.run_of(run_id).status == "running"

    def test_pruning_takes_the_dead_and_damaged_and_what_killed_processes_left_and_nothing_else(
        self, own_lab: Lab
    ) -> None:
        kept = saved(own_lab)
        put(own_lab.runs, "run.json", b"{")
        left = own_lab.runs / ".new-\x1b]0;evil\x07"
        left.mkdir()
        os.utime(left, (0, 0))
        assert "add --yes" in own_lab("runs", "prune", code=2).err
        assert "Removed 2." in own_lab("runs", "prune", "--yes").err
        assert [path.name for path in own_lab.runs.iterdir()] == [kept]
        assert "Nothing to remove." in own_lab("runs", "prune").err

    @pytest.mark.parametrize("name", ["run.json", ""], ids=["the-record", "the-folder"])
    def test_pruning_and_removing_leave_what_may_not_be_read(self, own_lab: Lab, name: str) -> None:
        run_id = saved(own_lab)
        closed = own_lab.runs / run_id / name
        closed.chmod(0)
        try:
            [listed] = own_lab("runs", "list", "--json", under=WITHOUT_PRIVILEGES).json["runs"]
            assert "Nothing to remove." in own_lab("runs", "prune", "--yes", under=WITHOUT_PRIVILEGES).err
            refusal = own_lab.refused("runs", "remove", run_id, "--yes", code=3, under=WITHOUT_PRIVILEGES)
            stopped = own_lab("runs", "stop", "--all", under=WITHOUT_PRIVILEGES).err
        finally:
            closed.chmod(0o755)
        reason = "run.json cannot be read: Permission denied."
        assert (listed["id"], listed["status"], listed["reason"]) == (run_id, "unreadable", reason)
        assert reason in refusal
        assert f"{run_id} is left as it is, for it cannot be read just now. {reason}" in stopped
        assert own_lab.run_of(run_id).status == "finished"

    def test_pruning_looks_again_after_its_question(self, own_lab: Lab, terminal: Open) -> None:
        bad, mended, closed = (put(own_lab.runs, "run.json", b"{") for _ in range(3))
        screen = terminal(own_lab, "runs", "prune", columns=120)
        screen.wait_for("Remove these 3 for good?")
        own_lab.store.rewrite(make_record(mended))
        with unreadable(own_lab.runs / closed / "run.json"):
            screen.type("y\n")
            text = screen.ends(0)
        assert f"{mended} is kept: it is finished now." in text
        assert f"{closed} is kept: it is unreadable now. run.json cannot be read: " in text
        assert "Removed 1." in text
        assert own_lab.store.ids() == [mended, closed]
        assert not (own_lab.runs / bad).exists()


class TestGivingUp:
    def test_a_run_of_a_silent_host_is_said_to_be_so_wherever_it_is_listed_and_waits_once_it_is_given_up(
        self, own_lab: Lab, hold: Hold
    ) -> None:
        run_id = self.silent(own_lab, hold)
        [listed] = own_lab("runs", "list", "--json").json["runs"]
        assert (listed["status"], listed["silent_since"][-6:]) == ("running", "+00:00")
        assert "running, silent since " in own_lab("runs", "list").out
        assert "Its host is silent since " in own_lab("runs", "show", run_id).out
        assert f"`mnist-lab runs give-up {run_id[-6:]}`" in own_lab.refused("runs", "remove", run_id, "--yes", code=2)
        assert "has not ended: it is running" in own_lab.refused("runs", "retry", run_id, code=2)
        assert "Nothing to remove." in own_lab("runs", "prune", "--yes").err
        own_lab("runs", "pause", run_id)  # so that no worker is started for it
        assert f"Gave up {run_id}; it is paused now." in own_lab("runs", "give-up", run_id[-6:]).err
        [listed] = own_lab("runs", "list", "--json").json["runs"]
        assert (listed["status"], listed["silent_since"]) == ("paused", None)
        assert "is held by no worker" in own_lab.refused("runs", "give-up", run_id, code=2)
        own_lab("runs", "remove", run_id, "--yes")
        assert own_lab.store.ids() == []

    def test_a_study_goes_on_once_what_a_lost_host_held_is_given_up(self, own_lab: Lab, hold: Hold) -> None:
        run_id = self.silent(own_lab, hold)
        for wrong, reason in {"soon": "takes a time such as", "20s": "takes 30 s or more"}.items():
            assert reason in own_lab.refused("run", "--lost-after", wrong, code=2)
        assert own_lab("study", "list", "--lost-after", "2h").err.startswith("No studies yet")
        assert own_lab.run_of(run_id).status == "running"
        own_lab("runs", "pause", run_id)
        assert f"Gave up 1 run of silent hosts: {run_id}. It waits again." in (
            own_lab("study", "list", "--lost-after", "10m").err
        )
        assert own_lab.run_of(run_id).status == "paused"

    def test_a_worker_trains_what_a_lost_host_held(self, own_lab: Lab, hold: Hold) -> None:
        run_id = self.silent(own_lab, hold)
        own_lab.store.journal_path(run_id).write_bytes(b"of the host that is lost\n")
        done = own_lab("worker", "--idle", 0, "--lost-after", "10m", "--threads", 1)
        assert f"Gave up {run_id} of a silent host." in done.err
        assert own_lab.run_of(run_id).status == "finished"
        assert (own_lab.store.folder(run_id) / "lost-journal.jsonl").exists()

    @staticmethod
    def silent(lab: Lab, hold: Hold) -> str:
        """A run on another host that has been silent for an hour."""
        lab.runs.mkdir()
        planned = from_experiment(make_record().experiment.derive(train_size=2560))
        run_id = ask(lab.store, planned, threads=1).id
        hold(lab.store.folder(run_id)).kill()
        elsewhere(lab.store.folder(run_id))
        return run_id


class TestTamperedRuns:
    def test_hostile_texts_are_shown_and_never_obeyed(self, own_lab: Lab) -> None:
        record = json.loads(make_record(preset="p", study="s", tags=("t",)).model_dump_json(by_alias=True))
        put(own_lab.runs, "run.json", json.dumps(spoilt(record)).encode(), record["id"])
        asked = json.loads(make_request(preset="p", tags=("t",), data_file="/d").model_dump_json(by_alias=True))
        put(own_lab.runs, "request.json", json.dumps(spoilt(asked) | {"backend": "jax"}).encode(), asked["id"])
        listed = own_lab("runs", "list").out
        assert "[red]" in listed
        assert own_lab("runs", "list", "--json").json["runs"][1]["status"] == "queued"
        for run_id in (record["id"], asked["id"]):
            assert "[red]" in own_lab("runs", "show", run_id).out
        for form in ("table", "markdown"):
            own_lab("compare", "--all-columns", "--format", form)

    def test_runs_that_cannot_be_read_are_listed_with_their_reasons_and_stop_nothing_else(self, own_lab: Lab) -> None:
        good = saved(own_lab)
        contents = {
            b'{"id": "': "run.json is damaged",
            b"[" * 100_000: "run.json is damaged",
            b"\xff\xfe\x00": "run.json is damaged",
            b'{"schema": 2, "status": "finished"}': "schema 2, newer than this lab's 1",
        }
        bad = [put(own_lab.runs, "run.json", content) for content in contents]
        result = own_lab("runs", "list", "--json").json["runs"]
        assert [run["id"] for run in result] == [good, *bad]
        for run, reason in zip(result[1:], contents.values(), strict=True):
            assert reason in run["reason"]
        assert "schema 2, newer" in own_lab("runs", "show", bad[-1]).out
        assert own_lab("compare", "--format", "csv").out.count("\n") == 2
        assert "has no record to read" in own_lab.refused("compare", bad[0], code=3)
        assert [(own_lab.runs / run_id / "run.json").read_bytes() for run_id in bad] == list(contents)

    def test_what_a_damaged_run_was_cannot_be_trained_again(self, own_lab: Lab) -> None:
        bad = put(own_lab.runs, "run.json", b"{")
        assert "its files are damaged" in own_lab.refused("run", "--like", bad, code=3)


class TestWrongIds:
    @pytest.mark.parametrize(
        ("command", "wrong"),
        [
            ("show", "../../../etc/passwd"),
            ("watch", ".."),
            ("stop", "/"),
            ("pause", "7ZZZZZZZZZZZ"),
            ("resume", "\x1b]0;x\x07"),
            ("remove", "../runs"),
        ],
    )
    def test_an_id_that_is_none_gets_one_sentence(self, own_lab: Lab, command: str, wrong: str) -> None:
        output = own_lab.refused("runs", command, wrong, code=2)
        assert "`mnist-lab runs list` shows them" in output

    def test_the_end_of_several_ids_is_refused_and_no_id_is_asked_for(self, own_lab: Lab) -> None:
        first = saved(own_lab)
        put(own_lab.runs, "run.json", b"{", first[:-3] + ("00" if first[-3:-1] != "00" else "11") + first[-1])
        assert "2 runs have ids ending in" in own_lab.refused("runs", "show", first[-1], code=2)
        assert "Which run?" in own_lab.refused("runs", "stop", code=2)


class TestFolders:
    def test_a_file_in_place_of_the_folder_is_refused(self, own_lab: Lab) -> None:
        own_lab.runs.write_text("precious")
        for command in (["run"], ["runs", "list"], ["compare"], ["worker", "list"]):
            assert "is a file, not a runs folder" in own_lab.refused(*command, code=3)
        below = own_lab.runs / "runs"
        assert "name a folder with --runs" in own_lab.refused("run", "--runs", below, code=3)
        assert "could not be read" in own_lab.refused("runs", "list", "--runs", below, code=3)
        assert own_lab.runs.read_text() == "precious"

    @pytest.mark.needs("setpriv")
    def test_a_folder_that_may_not_be_written_is_refused_for_writing_and_still_read(self, own_lab: Lab) -> None:
        run_id = saved(own_lab)
        own_lab.runs.chmod(0o555)
        assert "you may not write there" in own_lab.refused("run", code=3, under=WITHOUT_PRIVILEGES)
        assert run_id[-6:] in own_lab("runs", "list", under=WITHOUT_PRIVILEGES).out
        refusal = own_lab.refused("runs", "remove", run_id, "--yes", code=3, under=WITHOUT_PRIVILEGES)
        assert str(own_lab.runs) in refusal
        own_lab.runs.chmod(0o755)

    @pytest.mark.needs("setpriv")
    def test_a_folder_out_of_reach_is_refused(self, own_lab: Lab, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0)
        for command in (["run"], ["runs", "list"]):
            refusal = own_lab.refused(*command, "--runs", closed / "runs", code=3, under=WITHOUT_PRIVILEGES)
            assert str(closed) in refusal
        own_lab.refused("runs", "list", "--runs", closed, code=3, under=WITHOUT_PRIVILEGES)
        own_lab.refused("runs", "list", "--runs", "x" * 300, code=3)
        closed.chmod(0o755)

    def test_the_folder_is_the_one_that_is_named_else_that_of_the_variable_else_saved_runs_here(
        self, own_lab: Lab, tmp_path: Path
    ) -> None:
        here, named = saved(own_lab), tmp_path / "named"
        named.mkdir()
        own_lab.runs.rename(tmp_path / "saved_runs")
        assert here[-6:] in own_lab("runs", "list", env={"MNIST_LAB_RUNS": ""}).out
        assert own_lab("runs", "list", env={"MNIST_LAB_RUNS": str(named)}).out == ""
        found = own_lab("runs", "list", "--runs", "saved_runs", env={"MNIST_LAB_RUNS": str(named)})
        assert here[-6:] in found.out
