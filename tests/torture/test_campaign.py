"""A short version of each part of the campaign."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.commands.lab import Lab
from tests.torture import crowd, day, errors, hostile, kills, operations, terminals
from tests.torture.tally import Tally

Prepared = tuple[Lab, operations.Folder]

SOME = ("ask", "describe", "remove", "study", "worker")
"""Operations that write in the different ways that there are."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    scratch = tmp_path_factory.mktemp("torture")
    lab = Lab(scratch / "runs", scratch / "cache")
    return lab, operations.prepare(lab)


def hold(tallies: Iterable[Tally]) -> None:
    """Each promise was tried, and held in each trial."""
    for tally in tallies:
        print(tally.line())
        assert not tally.failures, "\n".join(tally.failures)
        assert tally.trials, tally.promise


@pytest.mark.needs("strace")
def test_killed_commands_leave_a_folder_in_order(prepared: Prepared, tmp_path: Path) -> None:
    hold(kills.trials(*prepared, tmp_path, at_most=1, seed=0, only=SOME))


@pytest.mark.needs("strace")
def test_failing_system_calls_lose_nothing(prepared: Prepared, tmp_path: Path) -> None:
    hold(errors.trials(*prepared, tmp_path, at_most=1, seed=0, only=("describe", "study", "worker")))


def test_hostile_files_hang_nobody(prepared: Prepared, tmp_path: Path) -> None:
    # tests/commands/test_hostile_folder.py has the other commands.
    hold(hostile.trials(*prepared, tmp_path, at_most=2, seed=0, only=("runs stop", "report", "the screen")))


def test_each_run_of_a_crowd_is_served_once(tmp_path: Path) -> None:
    hold([crowd.trial(tmp_path, processes=4, runs=40, kills=3, seed=0)])


def test_real_runs_under_kills_end_once(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    hold([day.trial(Lab(tmp_path / "day" / "runs", tmp_path / "cache"), runs=8, kills=1, seed=1)])


def test_outputs_that_are_closed_or_full(prepared: Prepared, tmp_path: Path) -> None:
    hold([terminals.outputs(*prepared, tmp_path, at_most=3, seed=0)])


def test_a_screen_that_is_ended_by_a_signal_restores_the_terminal(prepared: Prepared, tmp_path: Path) -> None:
    hold(terminals.signals(prepared[0], tmp_path, trials=2, seed=0))


def test_a_screen_that_is_suspended_continues(prepared: Prepared, tmp_path: Path) -> None:
    hold([terminals.stopped(prepared[0], tmp_path)])
