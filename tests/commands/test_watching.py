"""Watching: live on a terminal, line by line on a pipe; what Ctrl-C, a dropped line and a dead worker do to it."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mnist_lab.commands import watching
from mnist_lab.errors import ExitCode
from mnist_lab.store import Store, registry
from mnist_lab.workers.pool import WorkerPool
from tests.commands.lab import LONG, SMALL, Lab, Terminal, eventually
from tests.factories import ONE_WORKER, elsewhere, make_record, make_request, unreadable
from tests.processes import Holder

Open = Callable[..., Terminal]
Hold = Callable[..., Holder]

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
STARTED_AGAIN = re.compile(r"(?:\x1b\[2K|\x1b\[1A|\r)*\x1b\[1A(?:\x1b\[2K|\x1b\[1A|\r)*")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7])[;m]")


@pytest.fixture
def long_run(lab: Lab) -> str:
    """The id of a run that goes on until the test stops it."""
    [run_id] = lab.detached(*LONG)
    lab.wait_for_epochs(run_id)
    return run_id


class TestOnATerminal:
    @pytest.mark.parametrize(("columns", "rows"), [(80, 24), (140, 40)])
    def test_one_run_is_drawn_within_the_terminal_seldom_and_leaves_its_cursor(
        self, lab: Lab, terminal: Open, columns: int, rows: int
    ) -> None:
        screen = terminal(lab, "run", "--preset", "baseline", *SMALL, "--epochs", 30, columns=columns, rows=rows)
        text = screen.ends(0)
        elapsed = time.monotonic() - screen.began
        assert screen.widest <= columns
        frames = STARTED_AGAIN.findall(screen.output)
        assert 1 <= len(frames) <= elapsed / 0.25
        assert max(frame.count("\x1b[1A") for frame in frames) < rows
        for shown in ("baseline", "accuracy", "training", "validation", "val_acc %", "100 %", "Saved in"):
            assert shown in text
        assert 0 <= screen.output.rfind(HIDE_CURSOR) < screen.output.rfind(SHOW_CURSOR)

    def test_several_runs_are_drawn_over_each_other_and_without_colour_where_none_is_wanted(
        self, lab: Lab, terminal: Open
    ) -> None:
        screen = terminal(lab, "run", "--vary", "learning_rate=0.01,0.001", *SMALL, env={"NO_COLOR": "1"})
        text = screen.ends(0)
        assert "2/2 runs" in text
        assert "val_accuracy" in text
        assert text.count("learning_rate=0.01") >= 2
        assert screen.widest <= screen.columns
        assert not COLOUR.search(screen.output)

    def test_a_dumb_terminal_gets_a_line_an_epoch_and_no_escape_sequence(self, lab: Lab, terminal: Open) -> None:
        screen = terminal(lab, "run", "--preset", "baseline", *SMALL, env={"TERM": "dumb"})
        assert screen.ends(0).count("baseline  epoch ") == 2
        assert "\x1b" not in screen.output


class TestInterrupting:
    def test_ctrl_c_once_saves_the_run_in_hand_ends_those_that_wait_and_leaves_with_130(
        self, lab: Lab, terminal: Open
    ) -> None:
        known = lab.store.ids()
        screen = terminal(lab, "run", *LONG, "--seeds", 3)
        first, *waiting = lab.asked_since(known, 3)
        lab.wait_for_epochs(first, 2)
        screen.type("\x03")
        assert "Ctrl-C again kills" in screen.ends(130)
        record = lab.store.record(first)
        assert record.status == "stopped"
        assert record.epochs_run >= 2
        assert lab.store.weights_path(first).exists()
        ended = [lab.run_of(run_id) for run_id in waiting]
        assert [(run.status, run.reason) for run in ended] == [("stopped", "It was stopped before it began.")] * 2

    def test_an_interrupt_on_a_pipe_still_gives_the_records(self, lab: Lab) -> None:
        known = lab.store.ids()
        process = lab.start("run", *LONG, "--json")
        [run_id] = lab.asked_since(known)
        lab.wait_for_epochs(run_id, 2)
        process.send_signal(signal.SIGINT)
        [record] = lab.end_of(process, 130).json["runs"]
        assert record["status"] == "stopped"
        assert record["epochs_run"] == len(record["history"]["loss"]) >= 2

    def test_an_interrupt_as_soon_as_a_run_is_asked_for_stops_that_too(self, lab: Lab) -> None:
        known = lab.store.ids()
        process = lab.start("run", *LONG)
        [run_id] = lab.asked_since(known)
        process.send_signal(signal.SIGINT)
        lab.end_of(process, 130)
        assert lab.run_of(run_id).status == "stopped"

    def test_ctrl_c_twice_kills_a_worker_that_does_not_answer_and_leaves_with_130(
        self, own_lab: Lab, terminal: Open
    ) -> None:
        screen = terminal(own_lab, "run", *LONG)
        [run_id] = own_lab.asked_since([])
        own_lab.wait(run_id, "running")
        [worker] = own_lab.workers()
        os.kill(worker, signal.SIGSTOP)
        screen.type("\x03")
        screen.wait_for("Ctrl-C again kills")
        screen.type("\x03")
        screen.ends(130)
        assert own_lab.wait(run_id, "died").record is None
        assert not own_lab.workers()

    def test_ctrl_c_ends_only_the_watching_where_the_run_is_not_ones_own(
        self, lab: Lab, terminal: Open, long_run: str
    ) -> None:
        screen = terminal(lab, "runs", "watch", long_run[-6:])
        screen.wait_for("val_acc %")
        screen.type("\x03")
        screen.ends(130)
        assert lab.run_of(long_run).status == "running"


class TestADroppedLine:
    def test_a_run_whose_terminal_is_closed_goes_on_and_is_watched_from_another(self, lab: Lab, terminal: Open) -> None:
        known = lab.store.ids()
        first = terminal(lab, "run", *LONG)
        [run_id] = lab.asked_since(known)
        first.wait_for("val_acc %")
        lab.wait_for_epochs(run_id)
        first.hang_up()
        assert first.process.wait(60) == -signal.SIGHUP
        second = terminal(lab, "runs", "watch", run_id[-6:])
        second.wait_for("val_acc %")
        journal = lab.store.journal_path(run_id)
        lab.wait_for_epochs(run_id, journal.read_bytes().count(b'"event":"epoch"') + 3)
        assert lab.run_of(run_id).status == "running"
        lab("runs", "stop", run_id[-6:])
        second.ends(130)
        assert lab.store.record(run_id).status == "stopped"
        assert lab.store.record(run_id).epochs_run >= 4


class TestADeadWorker:
    def test_a_killed_run_has_died_earlier_records_stay_and_the_queue_goes_on_with_a_fresh_worker(
        self, lab: Lab
    ) -> None:
        [before] = lab.records("--seed", 7, *SMALL)
        known = lab.store.ids()
        process = lab.start("run", "--json", "--set", "train_size=2560", "--seed", 7, "--vary", "epochs=10000,2")
        killed, waiting = lab.asked_since(known, 2)
        lab.wait_for_epochs(killed)
        lab.kill_workers()
        assert lab.run_of(killed).status == "died"
        shown = {run["id"]: run for run in lab("runs", "list", "--json").json["runs"]}
        assert shown[killed]["status"] == "died"
        assert "worker.log" in shown[killed]["reason"]
        assert shown[before["id"]] == before
        died, finished = lab.end_of(process, 1).json["runs"]
        assert (died["id"], died["status"]) == (killed, "died")
        assert (finished["id"], finished["status"]) == (waiting, "finished")
        assert finished["history"] == before["history"]
        assert lab.records(*SMALL)[0]["status"] == "finished"


class TestChanges:
    def test_a_run_that_is_removed_while_it_is_watched_ends_the_watching_with_a_word(
        self, lab: Lab, long_run: str
    ) -> None:
        known = lab.store.ids()
        process = lab.start("run", "--preset", "baseline", *SMALL)
        [waiting] = lab.asked_since(known)
        lab("runs", "remove", waiting, "--yes")
        assert "baseline damaged: It was removed.\n" in lab.end_of(process, 1).err

    @pytest.mark.parametrize("interrupts", [[], [signal.SIGINT]], ids=["left-alone", "interrupted"])
    def test_a_run_that_stays_unreadable_is_given_up_with_its_reason(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, interrupts: list[int]
    ) -> None:
        if not interrupts:
            monkeypatch.setattr(watching, "_STUCK_SECONDS", 0.3)
        request, output = make_request(), StringIO()
        store.request(request)
        store.publish(make_record(request.id))
        with unreadable(store.folder(request.id) / "run.json"):
            code = watching.watch(
                store, {request.id: "baseline"}, Console(file=output), interrupts, ONE_WORKER, ours=True
            )
        assert code == (ExitCode.STOPPED if interrupts else ExitCode.RUN_FAILED)
        assert output.getvalue().count("baseline  unreadable: run.json cannot be read: ") == 1

    @pytest.mark.parametrize("interrupts", [[], [signal.SIGINT]], ids=["left-alone", "interrupted"])
    def test_a_run_that_no_worker_can_start_is_given_up_with_its_reason(
        self, store: Store, monkeypatch: pytest.MonkeyPatch, interrupts: list[int]
    ) -> None:
        if not interrupts:
            monkeypatch.setattr(watching, "_STUCK_SECONDS", 0.3)
        request, output = make_request(), StringIO()
        store.request(request)
        (store.folder(request.id) / "lock").mkdir()
        code = watching.watch(store, {request.id: "baseline"}, Console(file=output), interrupts, ONE_WORKER, ours=True)
        assert code == (ExitCode.STOPPED if interrupts else ExitCode.RUN_FAILED)
        assert output.getvalue().count("baseline  queued: No worker can start it: lock in its folder") == 1
        assert list(registry.workers(store.root)) == [], "none was started for it"

    def test_a_run_that_is_unreadable_for_a_moment_is_waited_for(self, store: Store) -> None:
        request = make_request()
        store.request(request)
        store.publish(make_record(request.id))
        with ExitStack() as moment:
            moment.enter_context(unreadable(store.folder(request.id) / "run.json"))
            over = threading.Timer(0.5, moment.pop_all().close)
            over.start()
            code = watching.watch(store, {request.id: "baseline"}, Console(file=StringIO()), [], ONE_WORKER, ours=True)
            over.join()
        assert code == ExitCode.DONE

    def test_a_run_is_paused_and_resumed_while_it_is_watched(self, lab: Lab, terminal: Open, long_run: str) -> None:
        screen = terminal(lab, "runs", "watch", long_run)
        lab("runs", "pause", long_run[-6:])
        screen.wait_for("paused")
        journal = lab.store.journal_path(long_run)
        assert eventually(lambda: journal.read_bytes().endswith(b'"event":"paused"}\n'))
        assert lab("runs", "list", "--json").json["runs"][-1]["status"] == "paused"
        ended = journal.read_bytes().count(b'"event":"epoch"')
        lab("runs", "resume", long_run[-6:])
        lab.wait_for_epochs(long_run, ended + 2)
        assert b'"event":"resumed"' in journal.read_bytes()
        lab.refused("runs", "resume", long_run, code=2)
        lab("runs", "stop", long_run)
        screen.ends(130)


class TestOtherHosts:
    @pytest.fixture(autouse=True)
    def no_workers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(WorkerPool, "ensure", lambda _pool: None)

    @pytest.fixture
    def held(self, store: Store, hold: Hold) -> tuple[str, Holder]:
        """A run that a process trains which is no worker of this user's, and that process."""
        request = make_request()
        store.request(request)
        return request.id, hold(store.folder(request.id))

    def watch(self, store: Store, run_id: str, interrupts: list[int], **how: Any) -> tuple[ExitCode, str]:
        output = StringIO()
        console = Console(file=output)
        code = watching.watch(store, {run_id: "baseline"}, console, interrupts, ONE_WORKER, ours=True, **how)
        return code, output.getvalue()

    def test_ctrl_c_twice_leaves_the_workers_of_others_alone_and_says_so(
        self, store: Store, held: tuple[str, Holder]
    ) -> None:
        run_id, holder = held
        code, said = self.watch(store, run_id, [signal.SIGINT] * 2)
        assert code == ExitCode.STOPPED
        assert "1 run is trained by workers of other users or hosts, which were left alone" in said
        assert Path(f"/proc/{holder.pid}").exists()
        assert store.has_flag(run_id, "stop")
        assert not registry.root_of(store.root).exists(), "no worker is asked to leave"

    def test_a_silent_host_is_told_of_and_given_up_only_after_the_time_that_was_given(
        self, store: Store, held: tuple[str, Holder]
    ) -> None:
        run_id, holder = held
        holder.kill()
        elsewhere(store.folder(run_id))
        ended = threading.Timer(0.5, lambda: store.publish(make_record(run_id)))
        ended.start()
        code, said = self.watch(store, run_id, [], lost_after=7200.0)
        ended.join()
        assert (code, said.count("baseline  silent since ")) == (ExitCode.DONE, 1)
        assert "Gave up" not in said

    def test_what_a_lost_host_held_is_given_up_while_it_is_watched(
        self, store: Store, held: tuple[str, Holder], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run_id, holder = held
        holder.kill()
        elsewhere(store.folder(run_id))

        def train(_pool: WorkerPool) -> None:
            if store.read(run_id).status == "queued":
                store.publish(make_record(run_id))

        monkeypatch.setattr(WorkerPool, "ensure", train)
        code, said = self.watch(store, run_id, [], lost_after=60.0)
        assert code == ExitCode.DONE
        assert f"Gave up 1 run of silent hosts: {run_id}. It waits again." in said

    def test_it_is_said_why_no_worker_starts(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        request = make_request()
        store.request(request)

        def refused(pool: WorkerPool) -> None:
            pool.obstacle = "No worker starts here. All slots are taken."

        monkeypatch.setattr(WorkerPool, "ensure", refused)
        ended = threading.Timer(0.5, lambda: store.publish(make_record(request.id)))
        ended.start()
        code, said = self.watch(store, request.id, [])
        ended.join()
        assert (code, said.count("No worker starts here. All slots are taken.")) == (ExitCode.DONE, 1)
