"""Reproducing a section from the command line, with real trainings of one epoch."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from mnist_lab.store import Run
from tests.commands.lab import Lab, eventually

QUICKLY = ("reproduce", "--section", "width", "--epochs", "1")
"""Three networks, trained for a second or two each."""


def test_a_spent_budget_ends_it_then_what_is_lacking_is_trained_once_and_the_report_is_written(own_lab: Lab) -> None:
    assert "of the trainings are lacking" in own_lab(*QUICKLY, "--seeds", 1, "--budget", "1s").err
    assert len(own_lab.store.ids()) <= 1

    done = own_lab(*QUICKLY, "--seeds", 1)
    folder = own_lab.runs.parent / "report"
    assert done.out.startswith("• Verdicts on the 3 claims that the report makes here: not enough runs 3.")
    names = {"report.html", "report.md", "summary.json", "records.jsonl.gz"}
    assert names < {path.name for path in folder.iterdir()}
    first = own_lab.store.ids()
    assert {run.status for run in own_lab.store.runs()} == {"finished"}
    assert len(first) == 3

    page = (folder / "report.html").read_bytes()
    again = own_lab(*QUICKLY, "--seeds", 1, "--json").json
    assert own_lab.store.ids() == first
    assert (folder / "report.html").read_bytes() == page
    assert [one["n"] for claim in again["claims"] for one in claim["figures"] if "less" not in one["key"]][:3] == [
        1
    ] * 3
    assert b"Predictions of the best network" in page
    assert page.count(b'<img class="ink"') + page.count(b"<img class=ink") == 40

    more = own_lab(*QUICKLY, "--seeds", 2)
    assert len(own_lab.store.ids()) == 6
    assert "6 of 6 trainings are there" in more.err
    assert not list(own_lab.runs.glob("*/weights.npz"))

    out = own_lab.runs.parent / "again"
    own_lab("report", "--records", folder, "--section", "width", "--out", out)
    for path in folder.rglob("*.*"):
        assert (out / path.relative_to(folder)).read_bytes() == path.read_bytes()


def test_ctrl_c_keeps_what_is_finished_and_leaves_nothing_waiting(lab: Lab, tmp_path: Path) -> None:
    known = set(lab.store.ids())

    def asked() -> list[Run]:
        return [run for run in lab.store.runs() if run.id not in known]

    process = lab.start(*QUICKLY, "--seeds", 20, "--out", tmp_path)
    assert eventually(lambda: any(run.status == "finished" for run in asked()))
    process.send_signal(signal.SIGINT)
    done = lab.end_of(process, code=130)
    assert "of the trainings are lacking; the same command trains them." in done.err
    assert (tmp_path / "report.html").is_file()
    assert all(run.record is not None and run.record.model is not None for run in asked())
    assert len(asked()) < 60


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (("--budget", "20"), "such as 90s, 20m or 1h30m"),
        (("--budget", "0m"), "such as 90s, 20m or 1h30m"),
        (("--section", "widht"), "Did you mean 'width'?"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...], result: str, own_lab: Lab) -> None:
    assert result in own_lab.refused("reproduce", *arguments, code=2)
