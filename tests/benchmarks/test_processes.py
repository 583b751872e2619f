"""Child processes of a benchmark: pinned while they run, and gone at its end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from benchmarks import processes
from mnist_lab.errors import TrainingError
from tests.processes import eventually

WAIT = "import sys; print('here', flush=True); sys.stdin.readline()"
CORES = "import os; print(sorted(os.sched_getaffinity(0)))"


@pytest.fixture
def stderr(tmp_path: Path) -> Path:
    return tmp_path / "stderr"


def test_a_child_is_pinned_and_its_parent_is_not(stderr: Path) -> None:
    before = processes.cores()
    last = before[-1]
    with (
        stderr.open("wb") as log,
        processes.child([sys.executable, "-c", CORES], cores=[last], stderr=log) as child,
    ):
        assert child.stdout is not None
        assert child.stdout.read().strip() == f"[{last}]"
    assert processes.cores() == before


def test_a_child_is_killed_when_the_block_raises(stderr: Path) -> None:
    def interrupted() -> None:
        with (
            stderr.open("wb") as log,
            processes.child([sys.executable, "-c", WAIT], cores=processes.cores(), stderr=log) as child,
        ):
            started.append(child)
            assert child.stdout is not None
            child.stdout.readline()
            raise KeyboardInterrupt

    started: list[subprocess.Popen[str]] = []
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not psutil.pid_exists(started[0].pid)


def test_only_processes_that_name_the_folder_are_killed(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    named, other = (
        subprocess.Popen(
            [sys.executable, "-c", WAIT, str(folder / "runs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        for folder in folders
    )
    try:
        for process in (named, other):
            assert process.stdout is not None
            process.stdout.readline()
        processes.kill_naming(folders[0])
        assert eventually(lambda: named.poll() is not None)
        assert other.poll() is None
    finally:
        for process in (named, other):
            process.kill()
            process.communicate()


def test_children_run_in_the_checkout_wherever_the_benchmark_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert processes.output_of([sys.executable, "-c", "import benchmarks; print('found')"]) == "found\n"


def test_a_command_that_fails_is_reported_with_its_stderr() -> None:
    with pytest.raises(TrainingError, match=r"failed: no such luck"):
        processes.output_of([sys.executable, "-c", "raise SystemExit('no such luck')"])
