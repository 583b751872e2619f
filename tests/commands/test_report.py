"""Reports of saved runs from the command line."""

from __future__ import annotations

import re
from pathlib import Path

from tests.commands.lab import Lab
from tests.report.trained import trained
from tests.test_import_hygiene import BACKENDS, imported_by


def test_the_saved_runs_make_a_report(own_lab: Lab) -> None:
    for record in trained(3):
        (own_lab.runs / record.id).mkdir(parents=True)
        own_lab.store.publish(record)
    done = own_lab("report", "--out", "pages")
    assert len(done.out.splitlines()) == 5
    assert not re.search(r"\b0\b", done.out.splitlines()[0])
    assert "Written: pages/report.html" in done.err
    result = own_lab("report", "--section", "depth", "--json").json
    assert [one["name"] for one in result["sections"]] == ["depth"]
    assert result["files"][0] == "report/report.html"


def test_without_runs_there_is_a_report_that_says_so(own_lab: Lab) -> None:
    assert "not enough runs 53" in own_lab("report").out
    assert not own_lab.runs.exists()


def test_records_and_runs_are_not_taken_together(own_lab: Lab) -> None:
    result = own_lab.refused("report", "--records", "there", "--epochs", "3", code=2)
    assert "leave --runs and --epochs out" in result
    assert "none.gz could not be read" in own_lab.refused("report", "--records", "none.gz", code=3)


def test_a_report_loads_no_backend(own_lab: Lab, tmp_path: Path) -> None:
    assert not imported_by("report", "--out", str(tmp_path / "pages"), runs=own_lab.runs) & BACKENDS
