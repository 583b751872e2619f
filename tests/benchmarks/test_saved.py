"""The saved runs that the benchmark lists: as whole as those that workers save."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks import saved
from mnist_lab.experiments.sections import walk
from mnist_lab.store import Store
from mnist_lab.store.journal import JournalReader


def test_a_folder_is_filled_with_finished_runs_of_every_section(store: Store) -> None:
    saved.fill(store, 10)
    saved.fill(store, 40)
    runs = store.runs()
    assert [run.status for run in runs] == ["finished"] * 40
    studies = {run.record.study for run in runs if run.record is not None}
    assert studies == {section.name for section in walk() if not section.parts}
    experiments = [run.record.experiment for run in runs if run.record is not None]
    assert max(experiment.seed for experiment in experiments) == 1
    for run in runs:
        assert run.record is not None
        assert (
            run.record.epochs_run
            == run.record.experiment.epochs
            == len(JournalReader(store.journal_path(run.id)).read())
        )


def test_one_more_is_the_newest(store: Store) -> None:
    saved.fill(store, 3)
    assert saved.publish(store) == store.ids()[-1]
    assert store.runs()[-1].status == "finished"


def test_reading_is_measured_in_a_process_that_sees_the_new_ones(store: Store) -> None:
    saved.fill(store, 5)
    command = [sys.executable, "-m", "benchmarks.reading", str(store.root), "2"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert len(store.ids()) == 7
    assert all(len(told[what]["again"]) == 2 and told[what]["first"] > 0 for what in ("list", "compare"))
    assert told["memory"] > 1
