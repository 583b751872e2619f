"""Synthetic saved runs: complete, and read as those of workers are."""

from __future__ import annotations

import json

from benchmarks import processes
from benchmarks.parts import library_timing, synthetic_runs
from mnist_lab.experiments.sections import walk
from mnist_lab.store import Store
from mnist_lab.store.journal import JournalReader


def test_a_folder_is_filled_with_finished_runs_of_every_section(store: Store) -> None:
    synthetic_runs.fill(store, 10)
    synthetic_runs.fill(store, 40)
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


def test_a_published_run_is_the_newest(store: Store) -> None:
    synthetic_runs.fill(store, 3)
    assert synthetic_runs.publish(store) == store.ids()[-1]
    assert store.runs()[-1].status == "finished"


def test_reading_is_timed_with_another_run_at_each_refresh(store: Store) -> None:
    synthetic_runs.fill(store, 5)
    timed = json.loads(processes.output_of(processes.module(library_timing.__name__, str(store.root), "2")))
    assert len(store.ids()) == 7
    assert all(len(timed[what]["again"]) == 2 and timed[what]["first"] > 0 for what in ("list", "compare"))
    assert timed["memory"] > 1
