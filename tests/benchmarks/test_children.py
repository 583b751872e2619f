"""Processes that a benchmark starts and does not leave behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks import children
from tests.processes import eventually

WAIT = "import sys; print('here', flush=True); sys.stdin.readline()"
CORES = "import os; print(sorted(os.sched_getaffinity(0)))"


@pytest.fixture
def complaints(tmp_path: Path) -> Path:
    return tmp_path / "complaints"


def test_a_child_has_the_cores_it_was_given_and_we_keep_ours(complaints: Path) -> None:
    before = children.cores()
    last = before[-1]
    with (
        complaints.open("wb") as log,
        children.child([sys.executable, "-c", CORES], on=[last], complaints=log) as child,
    ):
        assert child.stdout is not None
        assert child.stdout.read().strip() == f"[{last}]"
    assert children.cores() == before


def test_a_child_is_gone_whatever_ends_the_block(complaints: Path) -> None:
    def interrupted() -> None:
        with (
            complaints.open("wb") as log,
            children.child([sys.executable, "-c", WAIT], on=children.cores(), complaints=log) as child,
        ):
            started.append(child)
            assert child.stdout is not None
            child.stdout.readline()
            raise KeyboardInterrupt

    started: list[subprocess.Popen[str]] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not psutil.pid_exists(started[0].pid)


def test_what_names_the_folder_is_ended_and_nothing_else(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    ours, other = (
        subprocess.Popen(
            [sys.executable, "-c", WAIT, str(folder / "runs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        for folder in folders
    )
    try:
        for process in (ours, other):
            assert process.stdout is not None
            process.stdout.readline()
        children.end_all(folders[0])
        assert eventually(lambda: ours.poll() is not None)
        assert other.poll() is None
    finally:
        for process in (ours, other):
            process.kill()
            process.communicate()
